"""Which image of a version goes into which fold of a cross-validation."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from common.sentences import listed
from datasets.analysis.grouped_split import divide
from datasets.errors import CannotDivide
from datasets.models import DatasetVersion, Sample, Split

Ints = npt.NDArray[np.int64]
LEARNED = (Split.TRAIN, Split.VALIDATION)


@dataclass(frozen=True)
class FoldPlan:
    """The images that a version learns from, and the fold of each; the test split has no part.

    `samples` are (SHA-256, class index) in the order of `samples_of`, first the train split, then
    validation; `groups` (n,) are equal for images that stay together, `folds` (n,) 0..k-1.
    """

    samples: list[tuple[str, int]]
    groups: Ints
    folds: Ints

    @property
    def labels(self) -> Ints:
        """The class index (n,) of each image."""
        return np.array([index for _, index in self.samples], np.int64)

    def inner_validation(self, fold: int, share: float) -> npt.NDArray[np.bool_]:
        """Return which images (n,) outside of a fold choose the epoch: about `share` of them.

        Of the images that the fold's fit learns from, so the fold itself stays unseen.
        """
        outside = np.flatnonzero(self.folds != fold)
        part = divide(self.labels[outside], self.groups[outside], [1 - share, share], seed=fold + 1)
        chosen = np.zeros(len(self.folds), bool)
        chosen[outside[part == 1]] = True
        return chosen


def fold_plan(version: DatasetVersion, *, folds: int, grouped: bool, seed: int) -> FoldPlan:
    """Divide a version's train and validation images into `folds` parts, each class alike.

    Images with the same content are always in one fold; with `grouped` near copies are too, as in
    the grouped split of versions. Raises `CannotDivide` as `require_divisible`.
    """
    samples, groups = _learned(version, grouped)
    require_divisible(version, samples, groups, folds, grouped=grouped)
    labels = np.array([index for _, index in samples], np.int64)
    parts = divide(labels, groups, [1 / folds] * folds, seed=seed)
    return FoldPlan(samples, groups, parts)


def check_folds(version: DatasetVersion, *, folds: int, grouped: bool) -> None:
    """Raise `CannotDivide` where a version cannot be divided into so many folds."""
    samples, groups = _learned(version, grouped)
    require_divisible(version, samples, groups, folds, grouped=grouped)


def stored_plan(version: DatasetVersion, folds: bytes, groups: bytes) -> FoldPlan:
    """Return a plan whose `folds` and `groups` were kept, as `kept` gave them."""
    samples = [(sha256, index) for sha256, index, _ in _rows(version)]
    return FoldPlan(
        samples,
        np.frombuffer(groups, "<u4").astype(np.int64),
        np.frombuffer(folds, np.uint8).astype(np.int64),
    )


def kept(plan: FoldPlan) -> tuple[bytes, bytes]:
    """Return `folds` and `groups` in few bytes."""
    return plan.folds.astype(np.uint8).tobytes(), plan.groups.astype("<u4").tobytes()


def require_divisible(
    version: DatasetVersion,
    samples: Sequence[tuple[str, int]],
    groups: Ints,
    folds: int,
    *,
    grouped: bool,
) -> None:
    """Raise `CannotDivide` where a class has fewer images, or groups of copies, than folds."""
    images = Counter(index for _, index in samples)
    found: dict[int, set[int]] = defaultdict(set)
    for (_, index), group in zip(samples, groups.tolist(), strict=True):
        found[index].add(group)
    few = {index: len(found[index]) for index in images if len(found[index]) < folds}
    if not few:
        return
    names = version.class_names
    of = "groups of near copies" if grouped else "different images"
    parts = [
        _said(names[index], images[index], count, grouped=grouped)
        for index, count in sorted(few.items())
    ]
    least = min(few.values())
    hint = (
        f"Choose {least} folds or fewer, or add images."
        if least >= 2
        else "Add images of it, or freeze a version without that class."
    )
    raise CannotDivide(
        f"Each class needs at least one of its {of} in each of the {folds} folds, in the train and "
        f"validation splits of version {version.number}; {listed(parts, 'more classes')}.",
        hint=hint,
    )


def _said(name: str, images: int, groups: int, *, grouped: bool) -> str:
    said = f"“{name}” has {images}"
    if groups == images:
        return said if images > 1 else f"{said}, which would be either learned from or tested on"
    return f"{said} images, but in {groups} {'groups' if grouped else 'contents'}"


def _learned(version: DatasetVersion, grouped: bool) -> tuple[list[tuple[str, int]], Ints]:
    rows = _rows(version)
    if grouped and (lacking := sum(group is None for _, _, group in rows)):
        raise CannotDivide(
            f"Grouped folds keep near copies together, and {lacking:,} of the images of version "
            f"{version.number} have not been compared with the others.",
            hint="Start the quality check of the dataset, then come back; or choose stratified.",
        )
    numbers: dict[object, int] = {}
    keys = [group if grouped else sha256 for sha256, _, group in rows]
    joined = _joined([sha256 for sha256, _, _ in rows], keys) if grouped else keys
    groups = np.array([numbers.setdefault(key, len(numbers)) for key in joined], np.int64)
    return [(sha256, index) for sha256, index, _ in rows], groups


def _joined(contents: list[str], keys: Sequence[object]) -> list[object]:
    """Return the keys, those of one content made the same: a purge may have changed one of them."""
    first: dict[str, object] = {}
    return [first.setdefault(content, key) for content, key in zip(contents, keys, strict=True)]


def _rows(version: DatasetVersion) -> list[tuple[str, int, uuid.UUID | None]]:
    """Return (content, class index, group of copies) in the order of `FoldPlan.samples`."""
    samples = Sample.objects.kept().filter(version=version, split__in=LEARNED)
    columns = ("sha256", "class_index", "image__fingerprint__group")
    ordered = samples.order_by("split", "sha256", "class_index", "id")
    return list(ordered.values_list(*columns))
