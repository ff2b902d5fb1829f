"""A file of weights that Keras publishes: the operator's folder, Keras's cache, a download."""

import os
import shutil
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from classifier.engine.backbones.checksums import check_recorded, record, say_unchecked
from classifier.engine.errors import WeightsUnavailable

# Long enough for a slow line to answer, short enough that an offline worker fails at once.
_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class KerasFile:
    """A file that Keras publishes at `folder`; what is downloaded goes into Keras's cache.

    That is the folder `models` of `KERAS_HOME` or `~/.keras`. A record of its SHA-256 in
    `weights_dir` counts for a file in the cache too (`classifier.engine.backbones.checksums`).
    """

    name: str
    folder: str

    def at_hand(self, weights_dir: Path | None) -> Path | None:
        """Return where the file is on this machine; downloads and checks nothing."""
        places = (folder / self.name for folder in _folders(weights_dir))
        return next((path for path in places if path.is_file()), None)

    def checked(self, weights_dir: Path | None) -> Path | None:
        """Return the file if it is on this machine and the right one.

        A cached file without a record gets one. Raises WeightsUnavailable where the record names
        another file.
        """
        path = self.at_hand(weights_dir)
        if path is None:
            return None
        in_cache = path.parent == _cache_dir()
        folders = _folders(weights_dir) if in_cache else [path.parent]
        if check_recorded(path, self.name, folders):
            return path
        if in_cache:
            record(path)
        else:
            say_unchecked(path)
        return path

    def found(self, weights_dir: Path | None) -> Path:
        """Return the file, checked, downloading it if need be.

        Raises WeightsUnavailable, within seconds when offline, and for another file than the
        record names.
        """
        path = self.checked(weights_dir)
        return path if path is not None else _download(self, weights_dir)

    def missing(self) -> WeightsUnavailable:
        """Return the error that says where to put the file."""
        return WeightsUnavailable(
            f"The ImageNet weights file {self.name} is not on this worker.",
            f"Put {self.name} into the folder that LOUPE_WEIGHTS_DIR names, on every worker.",
        )


def _folders(weights_dir: Path | None) -> list[Path]:
    return [_cache_dir()] if weights_dir is None else [weights_dir, _cache_dir()]


def _cache_dir() -> Path:
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models"


def _download(file: KerasFile, weights_dir: Path | None) -> Path:
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


def _unavailable(name: str) -> WeightsUnavailable:
    return WeightsUnavailable(
        f"The ImageNet weights file {name} is not on this worker and could not be downloaded.",
        f"Put {name} into the folder that LOUPE_WEIGHTS_DIR names, on every worker, or give the "
        "worker access to the internet.",
    )
