"""Checkpoints: all of a training's state, whole or not there at all.

A checkpoint is a folder ``epoch-00007`` of ``arrays.npz`` and ``manifest.json``. It is written
under a temporary name, flushed to the disk and renamed, so a kill at any moment leaves the one
before it. Keras's BackupAndRestore writes weights and metadata apart from each other.
"""

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.files import sha256_of, sync, write_synced

Array = npt.NDArray[Any]
# 3: an optimizer's state is that of the settings' optimizer and schedule.
_FORMAT = 3


class Checkpoints:
    """The checkpoints of one training in one folder.

    ``identity`` is whatever must be the same for a resume to make sense (settings, classes,
    samples, which may be many); a checkpoint of another identity is passed over.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self._folder = folder
        digest = hashlib.sha256()
        for text in _written(identity):
            digest.update(text.encode())
        self._fingerprint = digest.hexdigest()

    def save(self, epoch: int, state: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        """Write the state after ``epoch`` (JSON values and arrays); keep it and the one before."""
        self._folder.mkdir(parents=True, exist_ok=True)
        final = self._folder / _name(epoch)
        part = self._folder / f".part-{os.getpid()}"
        for left in (*self._folder.glob(".part-*"), final):
            shutil.rmtree(left, ignore_errors=True)
        try:
            part.mkdir()
            with (part / "arrays.npz").open("wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
                sync(file)
            manifest = {
                "format": _FORMAT,
                "fingerprint": self._fingerprint,
                "epoch": epoch,
                "arrays_sha256": sha256_of(part / "arrays.npz"),
                "state": state,
            }
            write_synced(part / "manifest.json", json.dumps(manifest).encode())
            part.rename(final)
            sync(self._folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        for old in self._finished():
            if old.name not in (_name(epoch), _name(epoch - 1)):
                shutil.rmtree(old, ignore_errors=True)

    def latest(self) -> tuple[dict[str, Any], dict[str, Array]] | None:
        """Return state and arrays of the newest valid checkpoint; None where there is none.

        A checkpoint whose hash does not fit (a broken disk), or of another identity, is skipped.
        """
        for folder in self._finished():
            found = self._read(folder)
            if found is not None:
                return found
        return None

    def _finished(self) -> list[Path]:
        return sorted(self._folder.glob("epoch-*"), reverse=True)

    def _read(self, folder: Path) -> tuple[dict[str, Any], dict[str, Array]] | None:
        try:
            manifest = json.loads((folder / "manifest.json").read_bytes())
            path = folder / "arrays.npz"
            fits = (
                manifest["format"] == _FORMAT
                and manifest["fingerprint"] == self._fingerprint
                and manifest["arrays_sha256"] == sha256_of(path)
            )
            if not fits:
                return None
            with np.load(path, allow_pickle=False) as stored:
                return manifest["state"], {name: stored[name] for name in stored.files}
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            return None


def _written(value: Any) -> Iterator[str]:
    """Yield the text of ``json.dumps(value, sort_keys=True)``, no sequence of it as a whole."""
    if isinstance(value, Mapping):
        for number, name in enumerate(sorted(value)):
            yield f"{', ' if number else '{'}{json.dumps(name)}: "
            yield from _written(value[name])
        yield "}" if value else "{}"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield "["
        for number, each in enumerate(value):
            yield f"{', ' * bool(number)}{json.dumps(each, sort_keys=True, default=str)}"
        yield "]"
    else:
        yield json.dumps(value, default=str)


def _name(epoch: int) -> str:
    return f"epoch-{epoch:05d}"
