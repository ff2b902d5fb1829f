"""What the web process reads of a foreign file ends soon, whatever is in it."""

import io
import struct
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest

from classifier.engine.foreign.checking import check
from classifier.engine.foreign.errors import ForeignRefused
from classifier.engine.foreign.package import read_package
from classifier.engine.foreign.scaling import Input
from classifier.registry.services.importing.inspect_file import inspect_file
from common.errors import DomainError
from tests.classifier.engine.foreign.attacks import functional
from tests.classifier.engine.foreign.crafted import (
    COLOURS,
    colour_network,
    keras_file,
    layer,
)

STRANGE = [[], {}, None, True, "x", -1, 10**400, 1e9, [[]], {"class_name": []}, [[[[]]]]]
GIVEN = Input(size=None, scaling="0..1", channels="rgb")


def inspected(content: bytes) -> None:
    inspect_file(io.BytesIO(content), len(content), COLOURS, GIVEN)


def places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    yield path
    if isinstance(value, dict):
        items: Any = value.items()
    else:
        items = enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from places(each, (*path, key))


def test_any_value_in_any_place_is_taken_or_refused(settings):
    settings.MODEL_IMPORT_MAX_BYTES = 1 << 20
    tried = 0
    for config in (colour_network(), functional(layer("Add", "keras.src.ops.numpy"))):
        for path in places(config):
            for strange in STRANGE:
                changed = {"": deepcopy(config)}
                place: Any = changed
                for key in ("", *path)[:-1]:
                    place = place[key]
                place[("", *path)[-1]] = strange
                tried += 1
                with suppress(DomainError):
                    inspected(keras_file(changed[""]))
    assert tried > 800


def test_layers_in_a_circle_and_places_without_end_are_refused_at_once():
    circle = functional(layer("Dropout", rate=0.1))
    joined = circle["config"]["layers"][1]["inbound_nodes"][0]
    joined["args"][0]["config"]["keras_history"][0] = "called"
    joined["args"][1] = [0] * 15_000
    began = time.process_time()
    with pytest.raises(DomainError, match="in a circle"):
        inspected(keras_file(circle))
    deep = functional(layer("Dropout", rate=0.1))
    for _ in range(480):
        deep["config"]["output_layers"] = [deep["config"]["output_layers"]]
    with pytest.raises(DomainError, match="nested too deeply"):
        inspected(keras_file(deep))
    assert time.process_time() - began < 2


def test_a_table_of_contents_that_is_large_is_not_read():
    """zipfile reads it whole, and makes an object of each entry."""
    content = bytearray(keras_file())
    end = len(content) - 22
    for entries, size in ((60_000, 3_000), (3, 1 << 30)):
        struct.pack_into("<HHI", content, end + 8, entries, entries, size)
        with pytest.raises(ForeignRefused, match="its table of contents declares"):
            read_package(io.BytesIO(content), 1 << 20, with_weights=False)
    with pytest.raises(ForeignRefused, match="cannot be read to its end"):
        read_package(io.BytesIO(keras_file() + b"more"), 1 << 20, with_weights=False)


def test_a_file_that_was_zipped_again_is_taken_by_both_processes(settings):
    settings.MODEL_IMPORT_MAX_BYTES = 1 << 20
    content = keras_file(compression=zipfile.ZIP_DEFLATED)
    inspected(content)
    asked = {"bytes": len(content), "input": {"size": None}, "class_names": COLOURS}
    assert check(content, asked).numbers == 12
