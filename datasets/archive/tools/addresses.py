"""Finding an archive's files by the addresses that another machine had for them.

An address is a text: `gs://bucket/cats/1.jpg`, `https://…/1.jpg?sig=…`, `C:\\photos\\1.jpg`. It is
never opened. What counts is its end: the file that shares the most folders with it, from the right.
"""

import functools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import parse_qs, unquote

from datasets.archive.entry_names import MAX_NAME, shown
from datasets.archive.labels import Label, Match
from datasets.archive.member import Member
from datasets.archive.names import split_hinted

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_LABEL_STUDIO = "/data/"
_MOST_FOLDERS = 12
_MOST_TIED = 16
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def path_of(address: str) -> str:
    """Return the folders and the name that an address ends in: no host, no query, no `..`.

    Empty for one that names no file, such as a picture written out in the address (`data:`).
    """
    address = address.strip()
    if address[:5].casefold() == "data:":
        return ""
    if match := _SCHEME.match(address):
        path = address[match.end() :]
        address = _of_web(path) if address[:4].casefold() == "http" else path
    elif address.startswith(_LABEL_STUDIO):
        address = _of_web(address)
    address = _DRIVE.sub("", address, count=1).replace("\\", "/")
    parts = [part for part in address.split("/") if part not in ("", ".", "..")]
    return shown(unicodedata.normalize("NFC", "/".join(parts)), MAX_NAME)


def _of_web(path: str) -> str:
    """Return a path of the web without its query and escapes."""
    path, _, query = path.partition("?")
    # Label Studio's local files: /data/local-files/?d=cats/1.jpg
    named = parse_qs(query[:4000]).get("d", [""])[0] if path.endswith("/") else ""
    return named or unquote(path.partition("#")[0])


def stem_of(name: str) -> str:
    """Return a file's name without folders and ending, in small letters."""
    file = _last(name.replace("\\", "/")).casefold()
    stem, _, ending = file.rpartition(".")
    return stem if stem and ending.isalnum() and not ending.isdecimal() else file


def match_addresses(
    labels: Sequence[Label],
    files: Iterable[str],
    *variants: Callable[[str], str],
    stems: bool = False,
    split: str = "",
    whole: bool = False,
) -> Match:
    """Find the file that each label's path ends like; `variants` are other names to try it under.

    Names count in small and in large letters, with `stems` also without their endings. Of several
    files with the name, the one that shares the most folders is meant (with `whole`, all that the
    path names). A file in the folder of another split than the label's is not: than `split`, the
    one that the label's path names or its own. Where that leaves not one, the label says so
    (`absent`). Of several labels that mean one file, the one that shares the most; where these say
    different things, the file gets a problem.
    """
    names = list(files)
    known = [_Names(_last, names), _Names(lambda path: _last(path).casefold(), names)]
    known += [_Names(stem_of, names)] if stems else []
    there = {hint for name in names for hint in _hints(_folder(name))}
    claims: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, label in enumerate(labels):
        paths = [label.file, *(variant(label.file) for variant in variants)]
        tried = (index.nearest(path, whole) for index in known for path in paths)
        nearest, shared = next((found for found in tried if found[0]), ([], 0))
        fitting = _of_split(nearest, _splits_of(label, split, there))
        if len(fitting) == 1:
            claims[fitting[0]].append((shared, number))
        elif nearest:
            label.absent = _which(fitting) if fitting else _of_other_split(nearest[0])
    return Match(_settled(labels, claims))


def match_paths(labels: Sequence[Label], files: Mapping[str, Member]) -> Match:
    """Find the file that each label's path is, from the top of the archive on.

    Names count in small and in large letters.
    """
    by_path = {member.name.casefold(): name for name, member in files.items()}
    claims: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, label in enumerate(labels):
        if name := by_path.get(label.file.casefold()):
            claims[name].append((0, number))
    return Match(_settled(labels, claims))


def _splits_of(label: Label, split: str, there: set[str]) -> set[str]:
    """Return the splits in whose folders a label's file may lie; none where nothing says so.

    A column may divide what lies in one folder: it counts if the archive has a folder for what it
    says.
    """
    splits = {split, *_hints(_folder(label.file))}
    if not label.says_split or label.split in there:
        splits.add(label.split)
    return splits - {""}


def _of_split(nearest: Sequence[str], splits: set[str]) -> Sequence[str]:
    """Return the files in folders of these splits; if there are none, those in no split's."""
    if not splits or len(nearest) > _MOST_TIED:
        return nearest
    hints = {name: _hints(_folder(name)) for name in nearest}
    within = [name for name in nearest if hints[name] & splits]
    return within or [name for name in nearest if not hints[name]]


@functools.lru_cache(4096)
def _hints(folder: str) -> frozenset[str]:
    """Return the splits that a path of folders names or hints at."""
    return frozenset(filter(None, map(split_hinted, folder.split("/"))))


class _Names:
    """Files by what `key` makes of their names; those with the same name also by their folders."""

    def __init__(self, key: Callable[[str], str], files: Iterable[str]) -> None:
        self._key = key
        self._files: dict[str, list[str]] = {}
        self._within: dict[str, dict[str, list[str]]] = {}
        for name in files:
            self._files.setdefault(key(name), []).append(name)

    def nearest(self, path: str, whole: bool) -> tuple[list[str], int]:
        """Return the files with a path's name that share the most folders, and how many.

        With `whole`, those that share all.
        """
        name = self._key(path)
        files = self._files.get(name, [])
        if not files:
            return [], 0
        if name not in self._within:
            self._within[name] = _by_folders(files)
        folders = path.casefold().split("/")[:-1]
        most = min(len(folders), _MOST_FOLDERS)
        for count in range(most, most - 1 if whole else 0, -1):
            if found := self._within[name].get("/".join(folders[-count:])):
                return found, count
        return ([], 0) if whole and folders else (files, 0)


def _by_folders(files: Sequence[str]) -> dict[str, list[str]]:
    """Return files by the ends of the folders that they are in, each under every one."""
    found: dict[str, list[str]] = {}
    for name in files:
        folders = name.casefold().split("/")[:-1]
        for count in range(1, min(len(folders), _MOST_FOLDERS) + 1):
            found.setdefault("/".join(folders[-count:]), []).append(name)
    return found


def _settled(labels: Sequence[Label], claims: dict[str, list[tuple[int, int]]]) -> list[str | None]:
    files: list[str | None] = [None] * len(labels)
    for name, claim in claims.items():
        most = max(shared for shared, _ in claim)
        nearest = [number for shared, number in claim if shared == most]
        files[nearest[0]] = name
        if len({(labels[number].class_name, labels[number].split) for number in nearest}) > 1:
            addresses = " and ".join(f"“{labels[number].file[:80]}”" for number in nearest[:3])
            labels[nearest[0]].problem = (
                "ambiguous_name",
                f"It may be {addresses}. Put the files into the folders that the addresses name.",
            )
    return files


def _which(candidates: Sequence[str]) -> tuple[str, str]:
    """Return the problem of a label that several files fit equally well."""
    fitting = " and ".join(f"“{name[:80]}”" for name in candidates[:3])
    return (
        "ambiguous_name",
        f"It fits {fitting}. Put the files into the folders that its address names.",
    )


def _of_other_split(name: str) -> tuple[str, str]:
    """Return the problem of a label whose only file is of another split."""
    return (
        "other_split",
        f"The archive has a file of this name in the folder of another split alone, “{name[:80]}”. "
        "Add the one that is meant.",
    )


def _last(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
