"""A file of weights that Keras publishes: the operator's folder, Keras's cache, a download."""

import os
import shutil
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from classifier.engine.backbones.checksums import (
    check_published,
    check_recorded,
    record,
    say_unchecked,
)
from classifier.engine.errors import WeightsUnavailable

# Long enough for a slow line to answer, short enough that an offline machine says so at once.
_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class KerasFile:
    """A file that Keras publishes at `folder`, in `weights_dir` or in Keras's cache.

    That is the folder `models` of `KERAS_HOME` or `~/.keras`. `published` is the hash that Keras's
    own code has for the file, MD5 or SHA-256; empty where it has none. A record of the file's
    SHA-256 goes first, and one in `weights_dir` counts for a file in the cache too
    (`classifier.engine.backbones.checksums`).
    """

    name: str
    folder: str
    published: str = ""

    def at_hand(self, weights_dir: Path | None) -> Path | None:
        """Return where the file is on this machine; downloads and checks nothing."""
        places = (folder / self.name for folder in _folders(weights_dir))
        return next((path for path in places if path.is_file()), None)

    def checked(self, weights_dir: Path | None) -> Path | None:
        """Return the file if it is on this machine and the right one.

        A cached file without any hash gets a record. Raises WeightsUnavailable where the record, or
        else Keras, names another file.
        """
        path = self.at_hand(weights_dir)
        if path is None:
            return None
        in_cache = path.parent == _cache_dir()
        folders = _folders(weights_dir) if in_cache else [path.parent]
        if self._is_known(path, folders):
            return path
        if in_cache:
            record(path)
        else:
            say_unchecked(path)
        return path

    def found(self, weights_dir: Path | None) -> Path:
        """Return the file, checked; raises WeightsUnavailable. Downloads nothing."""
        path = self.checked(weights_dir)
        if path is None:
            raise self.missing()
        return path

    def fetched(self, weights_dir: Path | None) -> Path:
        """Return the file, checked; where it is missing it is downloaded into the first place.

        Raises WeightsUnavailable, within seconds when offline, and for another file than the record
        or Keras names.
        """
        path = self.checked(weights_dir)
        return path if path is not None else self._download(_folders(weights_dir))

    def missing(self) -> WeightsUnavailable:
        """Return the error that says where to get the file and where to put it."""
        return WeightsUnavailable(
            f"The ImageNet weights file {self.name} is not on this machine.",
            f"It is at {self.folder}/{self.name}. The operator of this Loupe puts it into the "
            "folder that LOUPE_WEIGHTS_DIR names, on every machine, or runs: python manage.py "
            "fetch_weights",
        )

    def _is_known(self, path: Path, folders: list[Path]) -> bool:
        """Compare the file with its record, or else with the hash that Keras has for it.

        Returns False where there is neither.
        """
        if check_recorded(path, self.name, folders):
            return True
        if self.published:
            check_published(path, self.name, self.published)
        return bool(self.published)

    def _download(self, folders: list[Path]) -> Path:
        folder, part = folders[0], None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder, delete=False) as written:
                part = Path(written.name)
                _receive(f"{self.folder}/{self.name}", written)
            known = self._is_known(part, folders)
            path = part.replace(folder / self.name)
        except OSError as error:  # URLError and timeouts are OSErrors too
            raise WeightsUnavailable(
                f"The ImageNet weights file {self.name} could not be downloaded: {error}.",
                self.missing().hint,
            ) from error
        finally:
            if part is not None:
                part.unlink(missing_ok=True)
        if not known:
            record(path)
        return path


def _folders(weights_dir: Path | None) -> list[Path]:
    return [_cache_dir()] if weights_dir is None else [weights_dir, _cache_dir()]


def _cache_dir() -> Path:
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models"


def _receive(address: str, written: IO[bytes]) -> None:
    # The address is one of the code's constants, never a caller's.
    with urllib.request.urlopen(address, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
        shutil.copyfileobj(answer, written)
        received = written.tell()
        expected = int(answer.headers.get("Content-Length") or received)
    if received != expected:
        raise OSError(f"received {received} of {expected} bytes")
