"""Where weights are looked for, and what is said when they are nowhere."""

import socket
import time
from pathlib import Path

import pytest

from classifier.engine import weights
from classifier.engine.errors import WeightsUnavailable
from classifier.engine.weights import BACKBONE, find_weights


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Keras cache, and a network that leads nowhere: a proxy that nobody listens at."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    return tmp_path / "keras" / "models"


def test_the_operators_folder_comes_before_kerass_cache(cache: Path, tmp_path: Path) -> None:
    cache.mkdir(parents=True)
    (cache / BACKBONE).write_bytes(b"cache")
    folder = tmp_path / "weights"
    folder.mkdir()
    assert find_weights(BACKBONE, folder) == cache / BACKBONE
    assert find_weights(BACKBONE, None) == cache / BACKBONE
    (folder / BACKBONE).write_bytes(b"operator")
    assert find_weights(BACKBONE, folder) == folder / BACKBONE


def test_offline_it_says_at_once_which_file_to_put_where(cache: Path, tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(WeightsUnavailable) as caught:
        find_weights(BACKBONE, tmp_path)
    assert time.monotonic() - started < 10
    assert caught.value.code == "weights_unavailable"
    assert f"Put {BACKBONE} into the folder that LOUPE_WEIGHTS_DIR names" in caught.value.hint
    assert not list(cache.glob("*"))


def test_a_host_that_never_answers_is_given_up_within_seconds(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(WeightsUnavailable):
            find_weights(weights.CLASSIFIER, None)
    assert time.monotonic() - started < 10
