"""What freezing would make: how many images of each class in each split, and what is left out."""

from collections.abc import Iterator
from dataclasses import dataclass

from common.sentences import quoted
from datasets.errors import CannotFreeze
from datasets.models import Dataset, FindingKind, Split, Strategy
from datasets.selectors.division import (
    Counts,
    Division,
    Wanted,
    divide,
)
from datasets.selectors.left_out import LeftOut, left_out_of
from datasets.selectors.quality import open_count
from datasets.services.quality.copies import groups_unstored
from datasets.splitting.splits import CARVED_VALIDATION, Fractions

_MORE = "more classes"


@dataclass(frozen=True)
class Remark:
    """Something to know before freezing; `issue` is the kind of finding that shows the images."""

    code: str
    detail: str
    issue: str = ""


@dataclass(frozen=True)
class Preview:
    """What `freeze` would make of the same arguments now.

    `division` is None where it would refuse, for the reason in `problem`. `open_findings` counts
    what the quality report asks people to decide.
    """

    division: Division | None
    problem: CannotFreeze | None
    left_out: list[LeftOut]
    warnings: list[Remark]
    open_findings: int

    @property
    def sample_counts(self) -> Counts | None:
        """How many images each split would have of each class."""
        return self.division.sample_counts if self.division else None


def preview_version(
    *,
    dataset: Dataset,
    strategy: str = Strategy.STRATIFIED,
    train: float = 0.8,
    validation: float = 0.1,
    test: float = 0.1,
    seed: int = 0,
    keep_test: bool = True,
) -> Preview:
    """Say what `freeze` would make of the same arguments; nothing is written.

    Raises `Invalid` as `freeze` does; what else it would refuse is the preview's `problem`.
    """
    wanted = Wanted.checked(strategy, Fractions(train, validation, test), seed, keep_test)
    division, problem = None, None
    try:
        groups = groups_unstored(dataset) if strategy == Strategy.GROUPED else None
        division = divide(dataset, wanted, groups)
    except CannotFreeze as refusal:
        problem = refusal
    return Preview(
        division=division,
        problem=problem,
        left_out=left_out_of(dataset),
        warnings=list(_remarks(dataset, wanted, division)) if division else [],
        open_findings=open_count(dataset),
    )


def _remarks(dataset: Dataset, wanted: Wanted, division: Division) -> Iterator[Remark]:
    under_classes, in_splits = division.straddling
    if under_classes:
        yield Remark(
            "several_classes",
            f"{_pictures(under_classes)} under more than one class: a model cannot learn both.",
            FindingKind.LABEL_CONFLICT,
        )
    if in_splits:
        yield Remark(
            "several_splits",
            f"{_pictures(in_splits)} in more than one split: "
            "reports look better than the model is.",
            FindingKind.SPLIT_LEAK,
        )
    if wanted.strategy == Strategy.FOLDER:
        yield from _about_folders(division)
    tested = division.sample_counts[Split.TEST.label]
    if untested := [name for name, count in tested.items() if not count]:
        yield Remark("no_test_images", f"Test has nothing of {quoted(untested, _MORE)}.")
    used = set(division.class_names)
    names = dataset.classes.order_by("position", "name").values_list("name", flat=True)
    if empty := [name for name in names if name not in used]:
        yield Remark(
            "empty_classes",
            f"{quoted(empty, _MORE)} {'has' if len(empty) == 1 else 'have'} no image to take and "
            f"{'is' if len(empty) == 1 else 'are'} not in the version.",
        )


def _about_folders(division: Division) -> Iterator[Remark]:
    came = dict.fromkeys(("", "train", "validation", "test"), 0)
    for image in division.images:
        came[image.folder] += 1
    if without := came[""]:
        images = (
            "1 image that came without a split folder joins"
            if without == 1
            else (f"{without:,} images that came without a split folder join")
        )
        yield Remark("no_split_folder", f"{images} train.")
    if not came["test"]:
        yield Remark(
            "validation_becomes_test",
            "There is no test folder: validation becomes test, and "
            f"{100 * CARVED_VALIDATION:.0f} % of train becomes validation.",
        )
    elif not came["validation"]:
        yield Remark(
            "validation_from_train",
            "There is no validation folder: "
            f"{100 * CARVED_VALIDATION:.0f} % of train becomes validation.",
        )


def _pictures(count: int) -> str:
    return "1 picture stands" if count == 1 else f"{count:,} pictures stand"
