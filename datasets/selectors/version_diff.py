"""What changed from one version of a dataset to another."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from datasets.models import DatasetVersion, Sample, Split


class Place(NamedTuple):
    """Where a content stands in a version: class and split; `image` and `name` to show it by."""

    class_name: str
    split: str
    image: str
    name: str


class Change(NamedTuple):
    """One content's change; `before` is None for an added one, `after` for a removed one."""

    sha256: str
    before: Place | None
    after: Place | None


@dataclass
class VersionDiff:
    """The changes, each list by content (SHA-256).

    A content that changed class and split stands in `relabelled` and in `moved`.
    """

    added: list[Change] = field(default_factory=list)
    removed: list[Change] = field(default_factory=list)
    relabelled: list[Change] = field(default_factory=list)
    moved: list[Change] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many changes of each kind; all are 0 for versions with the same digest."""
        return {name: len(changes) for name, changes in vars(self).items()}


def diff(before: DatasetVersion, after: DatasetVersion) -> VersionDiff:
    """Return what changed between two versions, compared as their digests are: by content.

    A content that stands in a version several times is paired with what is most alike: the same
    class and split, then the same class, then the same split, then any.
    """
    old, new = _places(before), _places(after)
    found = VersionDiff()
    for sha256 in sorted(old.keys() | new.keys()):
        _compare(sha256, old.get(sha256, []), new.get(sha256, []), found)
    return found


def _places(version: DatasetVersion) -> dict[str, list[Place]]:
    rows = (
        Sample.objects.kept()
        .filter(version=version)
        .order_by("split", "class_index", "name", "id")
        .values_list("sha256", "class_index", "split", "image_id", "name")
    )
    labels = {split.value: str(split.label) for split in Split}
    places: dict[str, list[Place]] = defaultdict(list)
    for sha256, index, split, image_id, name in rows.iterator(10_000):
        place = Place(version.class_names[index], labels[split], str(image_id), name)
        places[sha256].append(place)
    return places


def _compare(sha256: str, old: list[Place], new: list[Place], found: VersionDiff) -> None:
    """Pair the places of one content off, closest first, and note what differs."""
    for alike in (_same, _same_class, _same_split, _any):
        for before in list(old):
            after = next((place for place in new if alike(before, place)), None)
            if after is None:
                continue
            old.remove(before)
            new.remove(after)
            change = Change(sha256, before, after)
            if before.class_name != after.class_name:
                found.relabelled.append(change)
            if before.split != after.split:
                found.moved.append(change)
    found.removed += [Change(sha256, before, None) for before in old]
    found.added += [Change(sha256, None, after) for after in new]


def _same(one: Place, other: Place) -> bool:
    return one[:2] == other[:2]


def _same_class(one: Place, other: Place) -> bool:
    return one.class_name == other.class_name


def _same_split(one: Place, other: Place) -> bool:
    return one.split == other.split


def _any(one: Place, other: Place) -> bool:
    return True
