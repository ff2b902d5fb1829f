"""Where ImageNet weights are: the operator's folder, Keras's cache, Keras's download."""

import hashlib
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from classifier.engine.backbones.checksums import check_recorded, record, say_unchecked
from classifier.engine.errors import WeightsUnavailable

_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications"


@dataclass(frozen=True)
class WeightsFile:
    """A file that Keras publishes in `folder`, and its MD5 where Keras publishes that too."""

    name: str
    folder: str
    md5: str = ""


BACKBONE = WeightsFile(
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5", f"{_KERAS}/mobilenet_v2"
)
CLASSIFIER = WeightsFile(
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5", f"{_KERAS}/mobilenet_v2"
)
# The MD5 stands in keras/src/applications/imagenet_utils.py, decode_predictions.
CLASS_INDEX = WeightsFile(
    "imagenet_class_index.json",
    "https://storage.googleapis.com/download.tensorflow.org/data",
    "c2c37ea517e94d9795004a39431a14cb",
)
# Long enough for a slow line to answer, short enough that an offline worker fails at once.
_TIMEOUT_SECONDS = 5.0


def find_weights(file: WeightsFile, weights_dir: Path | None) -> Path:
    """Return the path of the weights file, checked, downloading it if need be.

    Looks into ``weights_dir``, then into Keras's cache (``KERAS_HOME`` or ``~/.keras``, folder
    ``models``), where a download goes. Raises WeightsUnavailable, within seconds when offline, and
    where the file is not the one that its record names (``classifier.engine.backbones.checksums``).
    """
    path = checked_weights_at_hand(file, weights_dir)
    return path if path is not None else _download(file, weights_dir)


def checked_weights_at_hand(file: WeightsFile, weights_dir: Path | None) -> Path | None:
    """Return the path of the weights file if it is on this machine and the right one.

    A record in ``weights_dir`` counts for a file in Keras's cache too. A cached file without a
    record gets one. Raises WeightsUnavailable where the record names another file.
    """
    path = weights_at_hand(file, weights_dir)
    if path is None:
        return None
    in_cache = path.parent == _cache_dir()
    folders = _folders(weights_dir) if in_cache else [path.parent]
    if check_recorded(path, file.name, folders):
        return path
    if in_cache:
        record(path)
    else:
        say_unchecked(path)
    return path


def weights_at_hand(file: WeightsFile, weights_dir: Path | None) -> Path | None:
    """Return where the weights file is on this machine; downloads and checks nothing."""
    places = (folder / file.name for folder in _folders(weights_dir))
    return next((path for path in places if path.is_file()), None)


def _folders(weights_dir: Path | None) -> list[Path]:
    return [_cache_dir()] if weights_dir is None else [weights_dir, _cache_dir()]


def _cache_dir() -> Path:
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models"


def _download(file: WeightsFile, weights_dir: Path | None) -> Path:
    folder, name = _cache_dir(), file.name
    part: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The address is one of the constants above, never a caller's.
        with urllib.request.urlopen(f"{file.folder}/{name}", timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            with tempfile.NamedTemporaryFile(dir=folder, delete=False) as written:
                part = Path(written.name)
                shutil.copyfileobj(answer, written)
                received = written.tell()
            expected = int(answer.headers.get("Content-Length") or received)
        if received != expected:
            raise OSError(f"received {received} of {expected} bytes")
        _check_published(part, file)
        known = check_recorded(part, name, _folders(weights_dir))
        path = part.replace(folder / name)
    except OSError as error:  # URLError and timeouts are OSErrors too
        raise _unavailable(name) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    if not known:
        record(path)
    return path


def _check_published(part: Path, file: WeightsFile) -> None:
    name, expected = file.name, file.md5
    if not expected:
        return
    actual = hashlib.md5(part.read_bytes(), usedforsecurity=False).hexdigest()
    if actual != expected:
        raise WeightsUnavailable(
            f"{name} was downloaded and is not the file that Keras publishes: its MD5 is {actual}, "
            f"not {expected}.",
            f"Put Keras's own {name} into the folder that LOUPE_WEIGHTS_DIR names, on every "
            "worker.",
        )


def _unavailable(name: str) -> WeightsUnavailable:
    return WeightsUnavailable(
        f"The ImageNet weights file {name} is not on this worker and could not be downloaded.",
        f"Put {name} into the folder that LOUPE_WEIGHTS_DIR names, on every worker, or give the "
        "worker access to the internet.",
    )
