"""Where ImageNet weights are: the operator's folder, Keras's cache, Keras's download."""

import os
import shutil
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from classifier.engine.errors import WeightsUnavailable

BACKBONE = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
CLASSIFIER = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5"
CLASS_INDEX = "imagenet_class_index.json"

_HOST = "https://storage.googleapis.com"
_ORIGINS = {
    BACKBONE: f"{_HOST}/tensorflow/keras-applications/mobilenet_v2/{BACKBONE}",
    CLASSIFIER: f"{_HOST}/tensorflow/keras-applications/mobilenet_v2/{CLASSIFIER}",
    CLASS_INDEX: f"{_HOST}/download.tensorflow.org/data/{CLASS_INDEX}",
}
# Long enough for a slow line to answer, short enough that an offline worker fails at once.
_TIMEOUT_SECONDS = 5.0


def find_weights(name: str, weights_dir: Path | None) -> Path:
    """Return the path of the weights file ``name``, downloading it into Keras's cache if need be.

    Looks into ``weights_dir``, then into Keras's cache (``KERAS_HOME`` or ``~/.keras``, folder
    ``models``). Raises WeightsUnavailable, within seconds when offline.
    """
    return weights_at_hand(name, weights_dir) or _download(name)


def weights_at_hand(name: str, weights_dir: Path | None) -> Path | None:
    """Return the path of the weights file ``name`` if it is on this machine; downloads nothing."""
    return next((path for path in _places(name, weights_dir) if path.is_file()), None)


def _places(name: str, weights_dir: Path | None) -> list[Path]:
    places = [_cache_dir() / name]
    return [weights_dir / name, *places] if weights_dir is not None else places


def _cache_dir() -> Path:
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models"


def _download(name: str) -> Path:
    folder = _cache_dir()
    part: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The address is one of the constants above, never a caller's.
        with urllib.request.urlopen(_ORIGINS[name], timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
                part = Path(file.name)
                shutil.copyfileobj(answer, file)
                received = file.tell()
            expected = int(answer.headers.get("Content-Length") or received)
        if received != expected:
            raise OSError(f"received {received} of {expected} bytes")
        part.replace(folder / name)
    except OSError as error:  # URLError and timeouts are OSErrors too
        if part is not None:
            part.unlink(missing_ok=True)
        raise _unavailable(name) from error
    return folder / name


def _unavailable(name: str) -> WeightsUnavailable:
    return WeightsUnavailable(
        f"The ImageNet weights file {name} is not on this worker and could not be downloaded.",
        f"Put {name} into the folder that LOUPE_WEIGHTS_DIR names, on every worker, or give the "
        "worker access to the internet.",
    )
