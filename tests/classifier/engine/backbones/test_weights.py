"""Where weights are looked for, and what is said when they are nowhere."""

import hashlib
import http.server
import io
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from classifier.engine.backbones.catalog.mobilenet_v2 import MOBILENET_V2
from classifier.engine.backbones.opened import open_backbone
from classifier.engine.errors import WeightsUnavailable
from classifier.management.commands import fetch_weights

BACKBONE = MOBILENET_V2.weights


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Keras cache, and a network that leads nowhere: a proxy where no server listens."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    return tmp_path / "keras" / "models"


def test_the_operators_folder_comes_before_kerass_cache(cache: Path, tmp_path: Path) -> None:
    cache.mkdir(parents=True)
    (cache / BACKBONE.name).write_bytes(b"cache")
    folder = tmp_path / "weights"
    folder.mkdir()
    assert BACKBONE.found(folder) == cache / BACKBONE.name
    assert BACKBONE.found(None) == cache / BACKBONE.name
    (folder / BACKBONE.name).write_bytes(b"operator")
    assert BACKBONE.found(folder) == folder / BACKBONE.name


def test_offline_it_says_at_once_which_file_to_put_where(cache: Path, tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(WeightsUnavailable) as caught:
        BACKBONE.fetched(tmp_path)
    assert time.monotonic() - started < 10
    assert caught.value.code == "weights_unavailable"
    assert f"{BACKBONE.name} could not be downloaded" in caught.value.detail
    assert f"It is at {BACKBONE.folder}/{BACKBONE.name}. " in caught.value.hint
    assert "puts it into the folder that LOUPE_WEIGHTS_DIR names" in caught.value.hint
    assert not list(cache.glob("*"))
    assert not list(tmp_path.glob("*"))


def test_a_host_that_never_answers_is_given_up_within_seconds(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(WeightsUnavailable):
            BACKBONE.fetched(None)
    assert time.monotonic() - started < 10


@pytest.fixture
def published(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of files on a web server of our own, in the place of Keras's."""
    folder = tmp_path / "published"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setitem(globals(), "BACKBONE", replace(BACKBONE, folder=origin))
        yield folder
        server.shutdown()


def _sha256sum(content: bytes, name: str = BACKBONE.name) -> str:
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"


def test_the_first_download_is_recorded_and_every_later_load_compared(
    cache: Path, published: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (published / BACKBONE.name).write_bytes(b"weights")
    assert BACKBONE.fetched(None).read_bytes() == b"weights"
    record = cache / f"{BACKBONE.name}.sha256"
    assert record.read_text() == _sha256sum(b"weights")
    assert "was trusted as it came" in caplog.text

    caplog.clear()
    assert BACKBONE.fetched(None) == cache / BACKBONE.name
    assert caplog.text == ""
    (cache / BACKBONE.name).write_bytes(b"wEights")
    with pytest.raises(WeightsUnavailable, match="is not the file that"):
        BACKBONE.fetched(None)
    with pytest.raises(WeightsUnavailable, match="is not the file that"):
        open_backbone(MOBILENET_V2, weights_dir=None, folder=cache / "backbones")

    # A file that was lost comes again as the same file, or not at all.
    (cache / BACKBONE.name).unlink()
    (published / BACKBONE.name).write_bytes(b"other weights")
    with pytest.raises(WeightsUnavailable, match="is not the file that") as caught:
        BACKBONE.fetched(None)
    assert f"sha256sum {BACKBONE.name}" in caught.value.hint
    assert str(cache) not in str(caught.value)
    assert list(cache.iterdir()) == [record]


def test_an_operator_says_beforehand_which_file_it_must_be(
    cache: Path, published: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / f"{BACKBONE.name}.sha256").write_text(_sha256sum(b"right"))
    (published / BACKBONE.name).write_bytes(b"wrong")
    with pytest.raises(WeightsUnavailable, match="is not the file that"):
        BACKBONE.fetched(folder)
    assert [path.name for path in folder.iterdir()] == [f"{BACKBONE.name}.sha256"]

    (published / BACKBONE.name).write_bytes(b"right")
    assert BACKBONE.fetched(folder) == folder / BACKBONE.name
    assert sorted(path.name for path in folder.iterdir()) == [
        BACKBONE.name, f"{BACKBONE.name}.sha256"
    ]  # fmt: skip
    assert not cache.exists()
    # The operator's word counts for the operator's own copy too.
    (folder / BACKBONE.name).write_bytes(b"wrong")
    with pytest.raises(WeightsUnavailable, match="is not the file that"):
        BACKBONE.found(folder)
    (folder / f"{BACKBONE.name}.sha256").write_text("to do\n")
    with pytest.raises(WeightsUnavailable, match="does not start with a SHA-256"):
        BACKBONE.found(folder)


def test_an_operators_file_without_a_record_is_used_and_told(
    cache: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / BACKBONE.name).write_bytes(b"operator")
    assert BACKBONE.found(folder) == folder / BACKBONE.name
    assert f"is used unchecked (SHA-256 {_sha256sum(b'operator')[:64]})" in caplog.text
    assert [path.name for path in folder.iterdir()] == [BACKBONE.name]


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_the_hash_that_keras_has_counts_until_the_operator_trusts_another_file(
    cache: Path, published: Path, kind: str
) -> None:
    digest = hashlib.new(kind, b"right").hexdigest()
    known = replace(BACKBONE, published=digest)
    (published / BACKBONE.name).write_bytes(b"wrong")
    with pytest.raises(WeightsUnavailable, match=f"that Keras publishes: .* not {digest}"):
        known.fetched(None)
    assert list(cache.iterdir()) == []
    (published / BACKBONE.name).write_bytes(b"right")
    assert known.fetched(None) == known.found(None) == cache / BACKBONE.name
    assert [path.name for path in cache.iterdir()] == [BACKBONE.name]
    (cache / BACKBONE.name).write_bytes(b"own")
    with pytest.raises(WeightsUnavailable, match="is not the file that Keras publishes"):
        known.found(None)
    (cache / f"{BACKBONE.name}.sha256").write_text(_sha256sum(b"own"))
    assert known.found(None) == cache / BACKBONE.name


def test_nothing_is_fetched_unasked(cache: Path, published: Path) -> None:
    (published / BACKBONE.name).write_bytes(b"weights")
    with pytest.raises(WeightsUnavailable, match="is not on this machine"):
        BACKBONE.found(None)
    assert not cache.exists()


def test_the_operator_fetches_by_a_command(
    cache: Path, published: Path, tmp_path: Path, settings, monkeypatch
) -> None:
    settings.WEIGHTS_DIR = tmp_path / "weights"
    here = replace(fetch_weights.APPLICATIONS["mobilenet_v2"], weights=BACKBONE)
    monkeypatch.setitem(fetch_weights.APPLICATIONS, "mobilenet_v2", here)
    told = io.StringIO()
    call_command("fetch_weights", stdout=told)
    assert f"mobilenet_v2: not here ({BACKBONE.folder}/{BACKBONE.name})" in told.getvalue()
    (published / BACKBONE.name).write_bytes(b"weights")
    call_command("fetch_weights", "mobilenet_v2", stdout=told)
    path = settings.WEIGHTS_DIR / BACKBONE.name
    assert path.read_bytes() == b"weights"
    assert told.getvalue().endswith(f"mobilenet_v2: {path}\n")
    with pytest.raises(CommandError, match=r"The names are convnext_tiny, .* received resnet"):
        call_command("fetch_weights", "resnet")
