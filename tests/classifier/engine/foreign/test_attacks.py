"""The attack set is refused with a sentence before anything of it runs: no canary is written."""

import io
import json

import pytest

from classifier.engine.foreign.architecture import read_architecture
from classifier.engine.foreign.errors import ForeignRefused, NotKeras
from classifier.engine.foreign.hdf5 import scan_weights
from classifier.engine.foreign.package import read_package, rewritten
from tests.classifier.engine.foreign import attacks
from tests.classifier.engine.foreign.crafted import colour_weights, keras_file

MOST = 64 << 20


def read(content: bytes, *, with_weights: bool = True):
    return read_package(io.BytesIO(content), MOST, with_weights=with_weights)


def refused(code: str, act) -> None:
    with pytest.raises(ForeignRefused) as caught:
        act()
    error = caught.value
    assert error.detail.endswith(".")
    assert code in str(error), str(error)


def test_networks_that_hold_programs_are_refused_by_the_layers_name(tmp_path):
    canary = tmp_path / "canary"
    for what, (config, said) in attacks.configs(canary).items():
        package = read(keras_file(config))
        refused(said, lambda package=package: read_architecture(package.config))
        assert not canary.exists(), what


def test_weights_that_reach_elsewhere_or_lie_are_refused_by_their_place(tmp_path):
    for content, said in attacks.weights(tmp_path).values():
        refused(said, lambda content=content: scan_weights(content))
    assert scan_weights(colour_weights()) == 12
    assert scan_weights(attacks.keras_weights()) == 360


def test_zips_in_disguise_are_refused_by_the_entry(tmp_path):
    for content, said in attacks.archives(tmp_path / "canary").values():
        refused(said, lambda content=content: read(content))
    assert list(tmp_path.iterdir()) == []


def test_other_formats_are_not_opened(tmp_path):
    canary = tmp_path / "canary"
    for content, said in attacks.other_formats(canary).values():
        with pytest.raises(NotKeras) as caught:
            read(content)
        assert said in caught.value.detail
        assert 'model.save("model.keras")' in caught.value.hint
    assert not canary.exists()


def test_an_honest_file_is_read_and_written_again_without_what_was_not_checked():
    package = read(keras_file(more={"loupe.json": b"{}"}))
    assert (package.own, package.weights) == (b"{}", colour_weights())
    assert read(keras_file(), with_weights=False).weights == b""
    again = read(rewritten(b'{"a": 1}', package.weights).getvalue())
    assert (again.config, again.metadata) == (b'{"a": 1}', b"{}")


def test_what_is_nested_or_listed_without_end_is_refused():
    deep = "[" * 100_000 + "]" * 100_000
    refused("readable JSON", lambda: read_architecture(deep.encode()))
    many = attacks.with_layer(attacks.layer("Normalization", mean=[0.0] * 30_000))
    refused("30,000 values", lambda: read_architecture(_json(many)))
    nested = attacks.colour_layers()
    for _ in range(12):
        nested = [attacks.sequential(*nested)]
    refused("nested 8 deep", lambda: read_architecture(_json(nested[0])))


def _json(value) -> bytes:
    return json.dumps(value).encode()
