"""The rules an archive must keep before anything in it is opened (shared design, security).

What could do harm refuses the archive. What only spoils one file leaves that file out.
"""

import stat
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from common.sentences import binary_size
from datasets.archive.directory import Buffer, Directory, Entry, entries, find_directory
from datasets.archive.entry_names import (
    Names,
    decode_names,
    fault_of_name,
    in_nfc,
    safe_parts,
    shown,
)
from datasets.archive.limits import ArchiveLimits
from datasets.archive.local_headers import locate
from datasets.archive.member import DEFLATED, STORED, Member
from datasets.archive.names import is_junk
from datasets.archive.refusals import (
    MOST_SAMPLES,
    TOO_MANY,
    check_unique,
    refuse,
    too_large,
    too_many,
    too_many_samples,
)
from datasets.errors import ArchiveRefused

_ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000
_NESTED = "nested_archive"
_ENDING = ".zip"
_SAMPLES = "-samples.zip"
_ARCHIVE_SUFFIXES = (
    ".zip", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".7z", ".rar", ".jar",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A file that is not even tried: `outcome` is skipped or rejected."""

    name: str
    outcome: str
    code: str
    detail: str


@dataclass
class Inspected:
    """An archive that keeps the rules: its files in its own order, and those left out, with why.

    `encoding`, `encodings` and `folders_guessed` are those of `entry_names.Names`.
    """

    members: list[Member] = field(default_factory=list)
    left_out: list[NotTaken] = field(default_factory=list)
    encoding: str = ""
    encodings: list[str] = field(default_factory=list)
    folders_guessed: bool = False


@dataclass
class _Sums:
    """What an archive and those in it come to so far: entries of all kinds, files to take."""

    entries: int = 0
    packed: int = 0
    expanded: int = 0
    names: dict[str, str] = field(default_factory=dict)

    def add(self, members: Sequence[Member]) -> None:
        self.packed += sum(member.compressed_size for member in members)
        self.expanded += sum(member.size for member in members)


def inspect(data: Buffer, limits: ArchiveLimits, encoding: str = "") -> Inspected:
    """Return the files of a zip when it keeps every rule; `encoding` as `decode_names` takes it.

    Those of `<class>-samples.zip`, which Teachable Machine makes for each class, stand in a folder
    of that name, where they are stored uncompressed in it.

    Raises `ArchiveRefused` with a code and a sentence that names the entry at fault: `not_a_zip`,
    `too_many_entries`, `too_many_archives`, `unsafe_name`, `symlink`, `duplicate_entry`,
    `case_collision`, `too_large_expanded`, `too_high_ratio`, `overlapping_entries`,
    `empty_archive`. A file that is encrypted, special, an archive itself, compressed in an unknown
    way or badly named is left out; it gives its code to the refusal when no other file is there.
    """
    sums = _Sums()
    samples: list[tuple[Entry, str]] = []
    inspected, archives = _inspect(data, limits, encoding, sums, samples)
    sums.add(inspected.members)
    sums.names = {member.name.casefold(): member.name for member in inspected.members}
    for archive in archives:
        _take_samples(data, archive, limits, inspected, sums)
    if not inspected.members:
        raise _nothing_left(inspected.left_out)
    _check_whole(sums, limits)
    return inspected


def _inspect(
    data: Buffer,
    limits: ArchiveLimits,
    encoding: str,
    sums: _Sums,
    samples: list[tuple[Entry, str]] | None,
) -> tuple[Inspected, list[Member]]:
    """Return the files of one zip, and the archives of samples in it: none where that is None."""
    directory = find_directory(data)
    listed = _listed(data, directory, limits, sums)
    names = decode_names(listed, encoding)
    inspected = Inspected([], [], names.encoding, names.encodings, names.folders_guessed)
    found = _sorted_out(listed, names, limits, inspected.left_out, samples)
    if not found and not samples:
        raise _nothing_left(inspected.left_out)
    located = locate(data, [*found, *(samples or ())], directory.start)
    inspected.members = located[: len(found)]
    return inspected, located[len(found) :]


def _listed(data: Buffer, directory: Directory, limits: ArchiveLimits, sums: _Sums) -> list[Entry]:
    """Return the entries, and count them; raises `ArchiveRefused` for more than may be."""
    promised = sums.entries + directory.entry_count
    if promised > limits.max_entries:
        raise too_many(limits, promised)
    listed = []
    for entry in entries(data, directory):
        sums.entries += 1
        if sums.entries > limits.max_entries:
            raise too_many(limits, sums.entries)
        listed.append(entry)
    return listed


def _take_samples(
    data: Buffer, archive: Member, limits: ArchiveLimits, inspected: Inspected, sums: _Sums
) -> None:
    """Add the files of an archive in the archive; one that breaks a rule is left out."""
    folder = archive.name[: -len(_ENDING)]
    stop = archive.start + archive.size
    try:
        # Released at once: the file under them is unmapped when this is over, however it ends.
        with memoryview(data) as whole, whole[archive.start : stop] as part:
            within, _ = _inspect(part, limits, "", sums, None)
    except ArchiveRefused as error:
        if error.code == TOO_MANY:
            raise
        name = shown(archive.name, 500)
        inspected.left_out.append(NotTaken(name, "rejected", error.code, error.detail))
        return
    sums.add(within.members)
    if sums.expanded > limits.max_expanded_bytes:
        raise too_large(archive.name, limits)
    for member in within.members:
        name = f"{folder}/{member.name}"
        if fault := fault_of_name(name):
            what = f"It {fault}. Rename it."
            inspected.left_out.append(NotTaken(shown(name, 500), "rejected", "unsafe_name", what))
            continue
        check_unique(name, sums.names)
        inspected.members.append(member._replace(name=name, start=archive.start + member.start))
    for item in within.left_out:
        inspected.left_out.append(replace(item, name=shown(f"{folder}/{item.name}", 500)))


def _sorted_out(
    listed: Sequence[Entry],
    names: Names,
    limits: ArchiveLimits,
    left_out: list[NotTaken],
    samples: list[tuple[Entry, str]] | None,
) -> list[tuple[Entry, str]]:
    """Return the files to take, with their names, and put the others into `left_out`.

    Archives of samples go into `samples`, if it is a list.
    """
    found: list[tuple[Entry, str]] = []
    taken: dict[str, str] = {}
    expanded = 0
    slashes = any(name and "/" in name for name in names.names)
    for entry, decoded in zip(listed, names.names, strict=True):
        raw = entry.name.decode("ascii", "replace") if decoded is None else decoded
        parts = safe_parts(raw, entry.host, slashes)
        if stat.S_IFMT(entry.unix_mode) == stat.S_IFLNK:
            raise refuse("symlink", raw, "is a symbolic link", "Pack the files themselves.")
        expanded += entry.size
        _check_size(entry, raw, expanded, limits)
        if raw.endswith(("/", "\\")):
            continue
        name = in_nfc(parts)
        if is_junk(name):
            detail = "Left behind by an operating system or a tool; not an image."
            left_out.append(NotTaken(shown(name, 500), "skipped", "junk", detail))
        elif fault := _fault(entry, name, decoded is None):
            if samples is not None and fault[0] == _NESTED and _is_samples(entry, name):
                check_unique(name, taken)
                samples.append((entry, name))
                if len(samples) > MOST_SAMPLES:
                    raise too_many_samples(name)
                continue
            left_out.append(NotTaken(shown(name, 500), "rejected", *fault))
        else:
            check_unique(name, taken)
            found.append((entry, name))
    return found


def _fault(entry: Entry, name: str, undecodable: bool) -> tuple[str, str] | None:
    """Return (code, sentence) of what makes one file unusable, None for nothing."""
    if undecodable:
        return (
            "unreadable_name",
            "Its name cannot be read in the code page of the others. Rename it.",
        )
    if fault := fault_of_name(name):
        return "unsafe_name", f"It {fault}. Rename it."
    if entry.flags & _ENCRYPTED_FLAGS:
        return "encrypted", "It is protected by a password. Pack the images without a password."
    if stat.S_IFMT(entry.unix_mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "special_file", "It is a device or pipe. Pack ordinary files only."
    if name.lower().endswith(_ARCHIVE_SUFFIXES):
        return _NESTED, "It is an archive inside the archive. Unpack it."
    if entry.method not in (STORED, DEFLATED):
        return (
            "unsupported_compression",
            f"It is compressed by method {entry.method}; deflate and store are accepted. "
            "Pack the images with an ordinary zip tool.",
        )
    return None


def _is_samples(entry: Entry, name: str) -> bool:
    file = name.rsplit("/", 1)[-1]
    return file.endswith(_SAMPLES) and file != _SAMPLES and entry.method == STORED


def _nothing_left(left_out: list[NotTaken]) -> ArchiveRefused:
    """Return the refusal of an archive without one usable file."""
    faults = [item for item in left_out if item.outcome == "rejected"]
    if not faults:
        return ArchiveRefused(
            "The archive holds no files; images in folders named after their classes are expected.",
            code="empty_archive",
        )
    others = (
        f" None of the other {len(faults) - 1:,} files can be used either." if faults[1:] else ""
    )
    return ArchiveRefused(
        f"“{shown(faults[0].name)}” cannot be used. {faults[0].detail}{others}", code=faults[0].code
    )


def _check_size(entry: Entry, name: str, expanded: int, limits: ArchiveLimits) -> None:
    if expanded > limits.max_expanded_bytes:
        raise too_large(name, limits)
    stored = max(entry.compressed_size, 1)
    if entry.size > limits.ratio_from_bytes and entry.size > limits.max_ratio * stored:
        raise refuse(
            "too_high_ratio",
            name,
            f"expands {entry.size // stored} times to {binary_size(entry.size)}; "
            f"{limits.max_ratio} times is allowed",
            "Take it out; images do not compress like that.",
        )


def _check_whole(sums: _Sums, limits: ArchiveLimits) -> None:
    """Refuse files that are small one by one and many: 61 kB of blank BMPs would store 60 MB."""
    expanded, packed = sums.expanded, max(sums.packed, 1)
    if expanded > limits.ratio_from_bytes and expanded > limits.max_whole_ratio * packed:
        raise ArchiveRefused(
            f"The files of the archive expand {expanded // packed} times, from "
            f"{binary_size(packed)} to {binary_size(expanded)}; {limits.max_whole_ratio} times is "
            "allowed for all together.",
            code="too_high_ratio",
            hint="Save the images as PNG, which keeps every pixel, and pack them again.",
        )
