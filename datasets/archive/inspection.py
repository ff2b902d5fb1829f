"""The rules an archive must keep before anything in it is opened (shared design, security)."""

import re
import stat
import struct
import unicodedata
from typing import NamedTuple

from datasets.archive.directory import Buffer, Entry, entries, find_directory, not_a_zip
from datasets.archive.limits import ArchiveLimits
from datasets.errors import ArchiveRefused

STORED, DEFLATED = 0, 8
_ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LOCAL = struct.Struct("<4s5H3L2H")
_ARCHIVE_SUFFIXES = (
    ".zip", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".7z", ".rar", ".jar",
)  # fmt: skip


class Member(NamedTuple):
    """A file of an inspected archive.

    `name` is relative, with forward slashes and without `.` or `..`; it is a label, never a path
    that anything is written to. `start` is where its compressed bytes begin in the archive.
    """

    name: str
    method: int
    crc: int
    compressed_size: int
    size: int
    start: int


def inspect(data: Buffer, limits: ArchiveLimits) -> list[Member]:
    """Return the files of a zip, in its own order, when it keeps every rule.

    Raises `ArchiveRefused` with a code and a sentence that names the entry at fault: `not_a_zip`,
    `too_many_entries`, `encrypted`, `unsafe_name`, `symlink`, `duplicate_entry`, `case_collision`,
    `unsupported_compression`, `too_large_expanded`, `too_high_ratio`, `nested_archive`,
    `overlapping_entries`, `empty_archive`.
    """
    directory = find_directory(data)
    if directory.entry_count > limits.max_entries:
        raise _too_many(limits, directory.entry_count)
    found: list[tuple[Entry, str]] = []
    names: dict[str, str] = {}
    expanded = 0
    for number, entry in enumerate(entries(data, directory), start=1):
        if number > limits.max_entries:
            raise _too_many(limits, number)
        name = _safe_name(entry.name)
        _check_kind(entry)
        expanded += entry.size
        _check_size(entry, expanded, limits)
        if entry.is_folder:
            continue
        _check_unique(name, names)
        if name.lower().endswith(_ARCHIVE_SUFFIXES) and not name.startswith("__MACOSX/"):
            raise _refuse("nested_archive", entry, "is an archive inside the archive", "Unpack it.")
        found.append((entry, name))
    if not found:
        raise ArchiveRefused(
            "The archive holds no files; images in folders named after their classes are expected.",
            code="empty_archive",
        )
    return _locate(data, found, directory.start)


def _safe_name(name: str) -> str:
    """Return the name with forward slashes, NFC; raises `ArchiveRefused` for one that escapes."""
    parts = name.replace("\\", "/").split("/")
    if not name or name[0] in "/\\" or (len(parts[0]) == 2 and parts[0][1] == ":"):
        raise _refuse_name(name, "is absolute")
    if ".." in parts:
        raise _refuse_name(name, "points outside the archive")
    if _CONTROL.search(name):
        raise _refuse_name(name, "holds control characters")
    if len(name) > 500:
        raise _refuse_name(name[:80] + "…", "is longer than 500 characters")
    return unicodedata.normalize("NFC", "/".join(part for part in parts if part not in ("", ".")))


def _check_kind(entry: Entry) -> None:
    if entry.flags & _ENCRYPTED_FLAGS:
        raise _refuse(
            "encrypted", entry, "is protected by a password", "Pack the images without a password."
        )
    kind = stat.S_IFMT(entry.unix_mode)
    if kind == stat.S_IFLNK:
        raise _refuse("symlink", entry, "is a symbolic link", "Pack the files themselves.")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refuse("special_file", entry, "is a device or pipe", "Pack ordinary files only.")
    if entry.method not in (STORED, DEFLATED):
        raise _refuse(
            "unsupported_compression",
            entry,
            f"is compressed by method {entry.method}; deflate and store are accepted",
            "Pack the images with an ordinary zip tool.",
        )


def _check_size(entry: Entry, expanded: int, limits: ArchiveLimits) -> None:
    if expanded > limits.max_expanded_bytes:
        raise ArchiveRefused(
            f"An archive may expand to {_size(limits.max_expanded_bytes)}; "
            f"with {_shown(entry.name)} this one passes that.",
            code="too_large_expanded",
            hint="Split it into several archives.",
        )
    stored = max(entry.compressed_size, 1)
    if entry.size > limits.ratio_from_bytes and entry.size > limits.max_ratio * stored:
        raise _refuse(
            "too_high_ratio",
            entry,
            f"expands {entry.size // stored} times to {_size(entry.size)}; "
            f"{limits.max_ratio} times is allowed",
            "Take it out; images do not compress like that.",
        )


def _check_unique(name: str, names: dict[str, str]) -> None:
    other = names.setdefault(name.casefold(), name)
    if other is name:
        return
    if other == name:
        raise ArchiveRefused(
            f"{_shown(name)} stands in the archive twice.",
            code="duplicate_entry",
            hint="Give each file its own name.",
        )
    raise ArchiveRefused(
        f"{_shown(name)} and {_shown(other)} differ only in upper and lower case.",
        code="case_collision",
        hint="Give each file its own name.",
    )


def _locate(data: Buffer, found: list[tuple[Entry, str]], end: int) -> list[Member]:
    """Find where each entry's bytes start, and refuse entries that share bytes (CVE-2024-0450)."""
    members = []
    spans = []
    for entry, name in found:
        try:
            signature, *_, name_length, extra_length = _LOCAL.unpack_from(data, entry.offset)
        except struct.error:
            raise not_a_zip(f"the header of {_shown(name)} is missing") from None
        if signature != b"PK\x03\x04":
            raise not_a_zip(f"the header of {_shown(name)} is damaged")
        start = entry.offset + _LOCAL.size + name_length + extra_length
        spans.append((entry.offset, start + entry.compressed_size, name))
        members.append(
            Member(name, entry.method, entry.crc, entry.compressed_size, entry.size, start)
        )
    spans.sort()
    followers = [begin for begin, _, _ in spans[1:]] + [end]
    for (_, stop, name), follower in zip(spans, followers, strict=True):
        if stop > follower:
            raise ArchiveRefused(
                f"{_shown(name)} overlaps another entry of the archive.",
                code="overlapping_entries",
                hint="Pack the images again with an ordinary zip tool.",
            )
    return members


def _too_many(limits: ArchiveLimits, received: int) -> ArchiveRefused:
    return ArchiveRefused(
        f"An archive may hold {limits.max_entries:,} entries; this one holds at least {received:,}.",
        code="too_many_entries",
        hint="Split it into several archives.",
    )


def _refuse(code: str, entry: Entry, what: str, hint: str) -> ArchiveRefused:
    return ArchiveRefused(f"{_shown(entry.name)} {what}.", code=code, hint=hint)


def _refuse_name(name: str, what: str) -> ArchiveRefused:
    return ArchiveRefused(
        f"The name {_shown(name)} {what}.",
        code="unsafe_name",
        hint="Use relative names such as cats/1.jpg.",
    )


def _shown(name: str) -> str:
    visible = "".join(c if c.isprintable() else "�" for c in name)
    return f"“{visible[:200]}”"


def _size(count: int) -> str:
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= factor:
            return f"{count / factor:.4g} {unit}"
    return f"{count} bytes"
