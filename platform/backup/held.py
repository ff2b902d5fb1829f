"""What a folder of backups holds already, as far as that is proven."""

import hashlib
import os
import struct

from backup.errors import Refused
from backup.manifest import FileLine
from backup.target import Backup, Target
from common.hashing import sha256_file
from storage.names import content_hash

# SHA-256, bytes, modified, and whether a whole backup says so.
_FACTS = struct.Struct("<32sqd?")


class Held:
    """Contents that need not be copied again, and the lists that name them.

    All that a whole backup names was on disk before its manifest was written: there the size is
    enough. Any other content is read, as a crash of the machine may have left it empty or cut.
    A million images with thumbnails take about 400 MB.
    """

    def __init__(self, target: Target) -> None:
        backups = target.backups()
        self._target = target
        self._blobs: dict[bytes, int] = {}
        self._others: dict[bytes, bytes] = {}
        if newest := _newest_sound(backups):
            self._take(newest, proven=True)
        for each in backups:
            if not each.is_whole:
                self._take(each, proven=False)

    def size(self, sha256: str) -> int | None:
        """Return the bytes of a content that is there whole; None where it is not."""
        return self._size(sha256, self._blobs.get(bytes.fromhex(sha256)))

    def line(self, name: str) -> FileLine | None:
        """Return what the newest whole backup, or a half one, says of a file that is no blob.

        None where they say nothing, or its content is not there whole.
        """
        facts = self._others.get(_key(name))
        if facts is None:
            return None
        digest, size, modified, proven = _FACTS.unpack(facts)
        line = FileLine(name, digest.hex(), size, modified)
        return line if self._size(line.sha256, size if proven else None) is not None else None

    def _take(self, backup: Backup, *, proven: bool) -> None:
        for line in backup.files():
            digest = bytes.fromhex(line.sha256)
            if content_hash(line.name) is None:
                key = _key(line.name)
                # A half backup that says the same takes nothing from what is proven.
                if proven or self._others.get(key, b"")[: len(digest)] != digest:
                    self._others[key] = _FACTS.pack(digest, line.bytes, line.modified, proven)
            elif proven:
                self._blobs[digest] = line.bytes

    def _size(self, sha256: str, proven: int | None) -> int | None:
        path = self._target.content_path(sha256)
        try:
            size = os.stat(path).st_size  # noqa: PTH116
        except FileNotFoundError:
            return None
        whole = size == proven if proven is not None else sha256_file(path) == sha256
        return size if whole else None


def _key(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=16).digest()


def _newest_sound(backups: list[Backup]) -> Backup | None:
    """Return the newest whole backup whose list of files is as it was; None without one."""
    for backup in reversed(backups):
        try:
            if backup.is_whole:
                backup.sound_manifest()
                return backup
        except Refused:
            continue
    return None
