"""Names of files and folders that every common file system takes: ext4, APFS, NTFS, FAT."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

# File systems take 255; an ending or a number may follow.
MAX_BYTES = 200
_REFUSED = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]')
# Windows opens a device instead, whatever ending follows.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.I | re.S)
# What an import takes for something that an operating system has left behind.
_LEFT_BEHIND = frozenset({"__macosx", "@eadir", "$recycle.bin"})


def portable_name(name: str) -> str:
    """Return the name itself where every file system takes it, else the nearest one.

    A name of more than MAX_BYTES in UTF-8 is cut and ends in a part of its SHA-256, so that two
    long names stay two.
    """
    safe = re.sub(r"^\.|[. ]$", "_", _REFUSED.sub("_", name)) or "_"
    if _DEVICE.fullmatch(safe) or safe.casefold() in _LEFT_BEHIND:
        safe = f"_{safe}"
    if len(safe.encode()) <= MAX_BYTES:
        return safe
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    kept = safe.encode()[: MAX_BYTES - len(digest) - 1].decode(errors="ignore")
    return f"{kept}~{digest}"


def portable_names(names: Iterable[str]) -> list[str]:
    """Return a portable name for each, all different where case and Unicode form do not count."""
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        portable = base = portable_name(name)
        number = 1
        while _seen_as(portable) in taken:
            number += 1
            portable = f"{base} ({number})"
        taken.add(_seen_as(portable))
        found.append(portable)
    return found


def _seen_as(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())
