"""What tables and annotation files say about the files of an archive, and finding those files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from datasets.archive.entry_names import storable


@dataclass(slots=True)
class Label:
    """What is said about one file; `problem` is (code, sentence) of a line that says nonsense.

    `says_split`: whether the table has a column of splits, so that an empty one is its word too.
    `absent` is (code, sentence) where it is known why no file will be found for it.
    """

    file: str
    class_name: str = ""
    split: str = ""
    says_split: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    problem: tuple[str, str] | None = None
    absent: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        self.file = storable(self.file)


@dataclass(frozen=True)
class Match:
    """The file that each label means, None for one that is not there.

    `how` is empty where the names are the same, else it says what had to be overlooked.
    """

    files: list[str | None]
    how: str = ""


def without_repeats(labels: Iterable[Label]) -> list[Label]:
    """Return one label per file; where several say different things, one that says so."""
    by_file: dict[str, list[Label]] = {}
    for label in labels:
        by_file.setdefault(label.file, []).append(label)
    return [_agreed(said) for said in by_file.values()]


def _agreed(said: list[Label]) -> Label:
    if all(label == said[0] for label in said):
        return said[0]
    names = list(dict.fromkeys(f"“{label.class_name}”" for label in said))
    how = f"as {' and '.join(names[:5])}" if len(names) > 1 else "with different values"
    problem = ("named_twice", f"It is named {len(said)} times, {how}. Keep one line.")
    return Label(said[0].file, problem=problem)


def match(labels: Sequence[Label], files: Iterable[str]) -> Match:
    """Find the labels' files: by the same name or, if no name is the same, by a similar one.

    A similar name counts only if no two files and no two labels share it.
    """
    names = list(files)
    known = set(names)
    exact = [label.file if label.file in known else None for label in labels]
    if any(exact):
        return Match(exact)
    for how, key in _SIMILAR.items():
        if (found := _similar(labels, names, key)) is not None:
            return Match(found, how)
    return Match(exact)


def _stem(name: str) -> str:
    folder, slash, file = name.rpartition("/")
    return folder + slash + (file.rpartition(".")[0] or file)


def _base(name: str) -> str:
    return name.rsplit("/", 1)[-1]


_SIMILAR: Mapping[str, Callable[[str], str]] = {
    "upper and lower case": str.casefold,
    "the endings of the files": lambda name: _stem(name).casefold(),
    "the folders": lambda name: _base(name).casefold(),
    "the folders and the endings of the files": lambda name: _stem(_base(name)).casefold(),
}


def _similar(
    labels: Sequence[Label], files: Sequence[str], key: Callable[[str], str]
) -> list[str | None] | None:
    by_key: dict[str, list[str]] = {}
    for file in files:
        by_key.setdefault(key(file), []).append(file)
    wanted = [key(label.file) for label in labels]
    found = [by_key.get(name, []) for name in wanted]
    hits = sum(map(bool, found))
    clear = all(len(some) <= 1 for some in found) and len(set(wanted)) == len(wanted)
    return [some[0] if some else None for some in found] if hits and clear else None
