"""What the folders of an archive can mean: which are splits, which are classes.

Pure: it sees names of folders and how many images lie directly in each. A *path* is a folder's
names from the top; its *names* are those of it that tell something, without enclosing folders and
without a folder that only repeats the one around it (`seg_train/seg_train/`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from datasets.archive.names import are_portions, split_hinted, split_of_folder

Path = tuple[str, ...]
Place = tuple[str, str]  # (split, class name), either may be empty

CLASS_FOLDERS = "class_folders"
INNERMOST_FOLDERS = "innermost_folders"
SPLIT_FOLDERS = "split_folders"
SPLIT_INNERMOST = "split_innermost_folders"
SPLIT_ONLY = "split_only"
UNLABELLED = "unlabelled"
# Names that say that there are images, not of what.
_CONTAINERS = frozenset(
    {"images", "image", "imgs", "img", "pictures", "pics", "photos", "data", "dataset",
     "jpegimages", "files", "all", "jpg", "jpeg", "png", "raw", "samples", "frames"}
)  # fmt: skip
_MASKS = frozenset(
    {"masks", "mask", "labels", "label", "annotations", "annotation", "gt", "groundtruth",
     "ground_truth", "segmentation", "segmentations", "segmentationclass", "segmentationobject",
     "labelids", "seg"}
)  # fmt: skip


@dataclass(frozen=True)
class FolderReading:
    """One way to take the folders: the split and class of each; a folder in no place is left out.

    `base` is the enclosing folder that all of them share.
    """

    layout: str
    base: Path
    places: Mapping[Path, Place]

    def classes(self) -> set[str]:
        """Return the names of the classes."""
        return {class_name for _, class_name in self.places.values() if class_name}


def read_folders(paths: Iterable[Path]) -> list[FolderReading]:
    """Return every sensible reading of the folders that hold images; () is the top.

    A single one is clear. With several a person has to choose; the likeliest comes first.
    """
    folders = set(paths)
    base = _base(folders)
    names = _names({path: path[len(base) :] for path in folders})
    found: list[tuple[str, dict[Path, Place]]] = []
    level = _split_level(names)
    if level is None:
        found += _beside_classes(names) + _by_class(names)
    else:
        index, certain = level
        in_splits = _by_split(names, index)
        found += in_splits
        left_out = len(in_splits[0][1]) < len(names)
        if left_out and certain:
            found += _by_class(names)
        elif left_out or not certain or not _has_classes(in_splits):
            found += _by_class(names)[:1]
    readings = [FolderReading(layout, base, places) for layout, places in _distinct(found)]
    return readings + _without_classes(readings, names)


def doubt(readings: list[FolderReading]) -> str:
    """Return why even a single reading needs a yes; empty when it does not."""
    names = {name.casefold() for name in readings[0].classes()}
    if names & _MASKS and names & (_CONTAINERS | {"original", "input", "inputs"}):
        return (
            "The archive looks like images with masks, as made for segmentation. "
            "Loupe classifies whole images and would take each folder for a class."
        )
    return ""


def _base(folders: set[Path]) -> Path:
    """Return the enclosing folders: what all share and what is neither a split nor the class."""
    depth = 0
    while all(len(path) > depth + 1 for path in folders):
        names = {path[depth] for path in folders}
        inner = {path[depth + 1] for path in folders}
        if len(names) > 1 or (
            any(map(split_hinted, names)) and not any(map(split_of_folder, inner))
        ):
            break
        depth += 1
    return min(folders)[:depth] if folders else ()


def _names(inside: Mapping[Path, Path]) -> dict[Path, Path]:
    """Leave out folders that hold nothing but one folder of the same name."""
    children: dict[Path, set[str]] = {}
    for path in inside.values():
        for depth in range(len(path)):
            children.setdefault(path[:depth], set()).add(path[depth])
    direct = set(inside.values())

    def repeats(path: Path) -> bool:
        around = path[:-1]
        return (
            bool(around)
            and path[-1].casefold() == around[-1].casefold()
            and len(children[around]) == 1
            and around not in direct
        )

    return {
        path: tuple(name for depth, name in enumerate(inner) if not repeats(inner[: depth + 1]))
        for path, inner in inside.items()
    }


def _split_level(names: Mapping[Path, Path]) -> tuple[int, bool] | None:
    """Return at which depth the splits are, and whether their names say it without doubt."""
    deep = [path for path in names.values() if path]
    if not deep:
        return None
    tops = {path[0] for path in deep}
    exact = {name for name in tops if split_of_folder(name)}
    if exact and (exact == tops or any(len(path) > 1 and path[0] in exact for path in deep)):
        return 0, not any(map(split_hinted, tops - exact))
    shared = range(min(map(len, deep)))
    for index in shared[1:]:
        if all(split_of_folder(path[index]) for path in deep):
            return index, True
    for index in shared:
        level = {path[index] for path in deep}
        hinted = {name: split for name in level if (split := split_hinted(name))}
        several = len(set(hinted.values())) > 1 and 2 * len(hinted) >= len(level)
        if hinted and (len(hinted) == len(level) or several):
            return index, False
    return None


def _by_split(names: Mapping[Path, Path], index: int) -> list[tuple[str, dict[Path, Place]]]:
    splits: dict[Path, str] = {}
    kept: dict[Path, Path] = {}
    for path, inner in names.items():
        if not inner:
            splits[path], kept[path] = "", ()
        elif len(inner) > index and (split := split_hinted(inner[index])):
            splits[path] = split
            kept[path] = _unwrapped(inner[:index] + inner[index + 1 :])
    rests = _named(_stripped(kept))

    def placed(pick: int) -> dict[Path, Place]:
        return {path: (splits[path], rest[pick] if rest else "") for path, rest in rests.items()}

    if not any(rests.values()):
        return [(SPLIT_ONLY, placed(0))]
    return _sensible([(SPLIT_FOLDERS, placed(0)), (SPLIT_INNERMOST, placed(-1))])


def _beside_classes(names: Mapping[Path, Path]) -> list[tuple[str, dict[Path, Place]]]:
    """Read `cats/`, `dogs/` and `test/`, a test set without classes; `train` alone is a vehicle."""
    splits = {path: split_of_folder(inner[0]) or "" for path, inner in names.items() if inner}
    flat = all(len(inner) == 1 for inner in names.values() if inner)
    if not flat or not {"validation", "test"} & set(splits.values()):
        return []
    return [
        (
            SPLIT_FOLDERS,
            {
                path: (splits.get(path, ""), "".join(inner) if not splits.get(path) else "")
                for path, inner in names.items()
            },
        )
    ]


def _by_class(names: Mapping[Path, Path]) -> list[tuple[str, dict[Path, Place]]]:
    if not any(names.values()):
        return [(UNLABELLED, dict.fromkeys(names, ("", "")))]
    names = _stripped(names)

    def placed(pick: int) -> dict[Path, Place]:
        return {path: ("", inner[pick] if inner else "") for path, inner in names.items()}

    return _sensible([(CLASS_FOLDERS, placed(0)), (INNERMOST_FOLDERS, placed(-1))])


def _sensible(
    pair: list[tuple[str, dict[Path, Place]]],
) -> list[tuple[str, dict[Path, Place]]]:
    """Drop innermost folders as classes where they would all be one: `cat/images`, `dog/images`."""
    outer, inner = ({place[1] for place in places.values()} - {""} for _, places in pair)
    return pair[:1] if len(inner) == 1 < len(outer) else pair


def _unwrapped(rest: Path) -> Path:
    """Leave out what stands between a split and its classes: `train/images/cat`."""
    while len(rest) > 1 and (rest[0].casefold() in _CONTAINERS or split_hinted(rest[0])):
        rest = rest[1:]
    return rest


def _named(rests: Mapping[Path, Path]) -> Mapping[Path, Path]:
    """Take `images` right in a split for no class where all others are: `val/images`."""
    bare = {path for path, rest in rests.items() if len(rest) == 1 and _says_nothing(rest[0])}
    classes = {rest[0] for path, rest in rests.items() if rest and path not in bare}
    within = {path[:-1] for path in bare}
    alone = not any(path[: len(one)] == one for path in rests.keys() - bare for one in within)
    return {p: () if p in bare and classes and alone else rest for p, rest in rests.items()}


def _says_nothing(name: str) -> bool:
    return name.casefold() in _CONTAINERS


def _stripped(rests: Mapping[Path, Path]) -> Mapping[Path, Path]:
    """Leave out a folder that all share, as long as a class remains below it."""
    while (
        all(len(rest) > 1 for rest in rests.values()) and len({r[0] for r in rests.values()}) == 1
    ):
        rests = {path: rest[1:] for path, rest in rests.items()}
    return rests


def _has_classes(found: list[tuple[str, dict[Path, Place]]]) -> bool:
    return any(class_name for _, class_name in found[0][1].values())


def _distinct(
    found: list[tuple[str, dict[Path, Place]]],
) -> list[tuple[str, dict[Path, Place]]]:
    kept: list[tuple[str, dict[Path, Place]]] = []
    for layout, places in found:
        if all(places != known for _, known in kept):
            kept.append((layout, places))
    return kept


def _without_classes(
    readings: list[FolderReading], names: Mapping[Path, Path]
) -> list[FolderReading]:
    """Offer to leave images unlabelled where folders seem to be no classes.

    That is where the only one would be called `images` or the like, or all are parts of one set.
    """
    first = readings[0]
    only = {name.casefold() for name in first.classes()}
    parts = len(readings) == 1 and are_portions(only)
    if not parts and (len(only) != 1 or not only <= _CONTAINERS):
        return []
    bare = {path: (split, "") for path, (split, _) in first.places.items()}
    layout = SPLIT_ONLY if any(split for split, _ in bare.values()) else UNLABELLED
    return [FolderReading(layout, first.base, bare)]
