"""Whether every class has enough to be divided, in sentences that name each class that has not."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from common.sentences import listed, quoted
from datasets.errors import CannotFreeze
from datasets.models import Split

_MORE = "more classes"
_RESOLVE = (
    "Give each picture its one class: the Quality tab shows them side by side, "
    "as “Under more than one class”."
)


@dataclass
class Holding:
    """What one class holds: `pictures` that differ, the `shared` of them other classes hold too.

    `others` are the classes that these also stand under; `images` counts copies as well.
    """

    images: int = 0
    pictures: int = 0
    shared: int = 0
    others: set[str] = field(default_factory=set)

    @property
    def own(self) -> int:
        """How many different pictures stand under this class alone."""
        return self.pictures - self.shared


def holdings(pictures: Iterable[tuple[Hashable, str]]) -> dict[str, Holding]:
    """Return what each class holds, by name, from one (what the picture is, its class) an image."""
    found: dict[str, Holding] = defaultdict(Holding)
    first: dict[Hashable, str] = {}
    several: dict[Hashable, set[str]] = defaultdict(set)
    for picture, class_name in pictures:
        found[class_name].images += 1
        known = first.setdefault(picture, class_name)
        if known != class_name:
            several[picture] |= {known, class_name}
    for class_name, count in Counter(first.values()).items():
        found[class_name].pictures = count
    for picture, classes in several.items():
        found[first[picture]].pictures -= 1
        for class_name in classes:
            holding = found[class_name]
            holding.pictures += 1
            holding.shared += 1
            holding.others |= classes - {class_name}
    return dict(sorted(found.items()))


def require_own_pictures(
    held: Mapping[str, Holding], needed: int, rule: str, *, copies: bool
) -> None:
    """Raise `CannotFreeze` where a class has fewer than `needed` pictures of its own, naming all.

    `rule` begins the sentence; with `copies` it says among how many images the pictures are.
    """
    small = {name: holding for name, holding in held.items() if holding.own < needed}
    if not small:
        return
    several = any(holding.shared for holding in small.values())
    parts = [_said(name, holding, copies) for name, holding in small.items()]
    raise CannotFreeze(
        f"{rule}; {listed(parts, _MORE)}.",
        code="class_too_small",
        hint=f"{_RESOLVE} {_add(small)}" if several else _add(small),
    )


def _said(name: str, holding: Holding, copies: bool) -> str:
    said = f"“{name}” has {holding.pictures}"
    if copies:
        said += f" different pictures among {holding.images:,} images"
    if not holding.shared:
        return said
    these = "all" if holding.shared == holding.pictures else f"{holding.shared}"
    stand = "stand" if holding.shared > 1 else "stands"
    these = "it" if holding.shared == holding.pictures == 1 else f"{these} of them"
    return f"{said}, but {these} {stand} under {quoted(sorted(holding.others), most=3)} too"


def require_free_pictures(few: Mapping[str, tuple[int, int]]) -> None:
    """Raise `CannotFreeze` for classes that earlier versions tested on nearly all of.

    `few`: by class, how many of its pictures may still go to train or validation, and how many
    there are.
    """
    if few:
        parts = [f"{free} of the {total} of “{name}”" for name, (free, total) in few.items()]
        raise CannotFreeze(
            "Each class needs at least 2 different images of its own that no earlier version "
            f"tested on, to train and to validate with; left are {listed(parts, _MORE)}.",
            code="class_too_small",
            hint=f"{_add(few)} Or freeze without keeping the earlier test images.",
        )


def require_in_train_and_validation(
    found: Mapping[str, set[Split]], *, validation_came: bool
) -> None:
    """Raise `CannotFreeze` for classes that a split by folders gives nothing to learn from.

    `found`: the splits that each class stands in; `validation_came`: the archive had a folder of
    that name that stays one, else a tenth of train is taken.
    """
    lacking = {
        split: [name for name, present in sorted(found.items()) if split not in present]
        for split in (Split.TRAIN, Split.VALIDATION)
    }
    if not validation_came:
        # Where train is empty, so is what is taken from it.
        lacking[Split.VALIDATION] = [
            name for name in lacking[Split.VALIDATION] if name not in lacking[Split.TRAIN]
        ]
    parts = [
        f"{split.label} has nothing of {quoted(names, _MORE)}"
        for split, names in lacking.items()
        if names
    ]
    if parts:
        raise CannotFreeze(
            f"Each class needs images to train on and to validate with; {' and '.join(parts)}.",
            code="class_too_small",
            hint=f"{_where(lacking, validation_came)} Or choose the stratified strategy.",
        )


def _where(lacking: Mapping[Split, Sequence[str]], validation_came: bool) -> str:
    """Return which folders to add images to."""
    hints = []
    if lacking[Split.TRAIN]:
        hints.append("Add images of these classes to the train folder.")
    if lacking[Split.VALIDATION]:
        hints.append(
            "Add images of these classes to the validation folder."
            if validation_came
            else "Add images to the train folder: a class needs two different ones there, because "
            "validation is taken from train."
        )
    return " ".join(dict.fromkeys(hints))


def _add(classes: Iterable[str]) -> str:
    if len(list(classes)) == 1:
        return "Add images to it, merge it into another class, or leave its images out."
    return "Add images to them, merge them into other classes, or leave their images out."
