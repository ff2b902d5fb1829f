"""Subgroups by what is known of the images themselves: size, brightness, sharpness, source.

As `datasets.selectors.slices` divides metadata: by value, or four ranges of about as many images
each, over the whole version. They are read when they are asked for; nothing is stored.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from datasets.models import Dataset, DatasetVersion, Import, Sample, Split
from datasets.selectors.slices import Slices, divide, divided

SIZE, BRIGHTNESS, SHARPNESS, FORMAT, SOURCE = (
    "image: shorter side, pixels",
    "image: brightness, %",
    "image: sharpness",
    "image: format",
    "image: source",
)
FACTS = (SOURCE, BRIGHTNESS, SHARPNESS, SIZE, FORMAT)
SENT = "sent without an archive"


class FactRow(NamedTuple):
    """A sample, and what is known of its image, in the form of metadata."""

    sample: tuple[str, int]
    split: Split
    facts: dict[str, Any]


def fact_divisions(version: DatasetVersion) -> list[Slices]:
    """Return every fact, by name, with the slices that it divides the version's images into.

    One that divides nothing has none, and says why.
    """
    return divide((row.facts, row.split, 1) for row in fact_rows(version))


def fact_counts(
    version: DatasetVersion,
) -> list[tuple[Slices, Counter[tuple[str, int]]]]:
    """Return each fact that divides the images, and how many of a slice are of a class.

    In one pass over the samples; what they are counted by is (slice, class index).
    """
    totals: Counter[str] = Counter()
    tallies: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    classes: dict[str, Counter[tuple[str, int]]] = defaultdict(Counter)
    for row in fact_rows(version):
        totals[row.split.label] += 1
        for column in FACTS:
            text = str(row.facts.get(column, ""))
            classes[column][text, row.sample[1]] += 1
            if text:
                tallies[column][text, row.split.label] += 1
    found = []
    for slices in divided(tallies, totals):
        if not slices.left_out and len(slices.counts) > 1:
            counts: Counter[tuple[str, int]] = Counter()
            for (text, index), images in classes[slices.column].items():
                counts[slices.slice_of({slices.column: text}), index] += images
            found.append((slices, counts))
    return found


def fact_slices(version: DatasetVersion, split: Split) -> dict[str, list[str]]:
    """Return, for each fact that divides the images, the slice of every sample of the split.

    In the order of `samples_of`.
    """
    used = [
        slices
        for slices in fact_divisions(version)
        if not slices.left_out and len(slices.counts) > 1
    ]
    names: dict[str, list[str]] = {slices.column: [] for slices in used}
    for row in fact_rows(version, (split,)) if used else ():
        for slices in used:
            names[slices.column].append(slices.slice_of(row.facts))
    return names


def fact_rows(
    version: DatasetVersion, splits: Collection[Split] = tuple(Split)
) -> Iterator[FactRow]:
    """Yield the facts of every sample of the splits, together in the order of `samples_of`.

    A fact that is not known has no value: brightness and sharpness of an image that was not
    measured, the source of one from before that was kept.
    """
    sources = source_names(version.dataset)
    rows = (
        Sample.objects.kept()
        .filter(version=version, split__in=splits)
        .order_by("sha256", "class_index", "id")
        .values_list(
            "sha256",
            "class_index",
            "split",
            "image__width",
            "image__height",
            "image__format",
            "image__source",
            "image__sent",
            "image__fingerprint__brightness",
            "image__fingerprint__sharpness",
        )
    )
    for sha256, index, split, width, height, kind, source, sent, *measured in rows.iterator(10_000):
        facts: dict[str, Any] = {SIZE: min(width, height), FORMAT: kind}
        if source or sent:
            facts[SOURCE] = sources.get(source, "") if source else SENT
        brightness, sharpness = measured
        if brightness is not None and sharpness is not None:
            facts[BRIGHTNESS] = f"{brightness * 100:.1f}"
            # The variance of the Laplacian spans decades; three digits tell quarters apart.
            facts[SHARPNESS] = f"{sharpness:.3g}"
        yield FactRow((sha256, index), Split(split), facts)


def source_names(dataset: Dataset) -> dict[UUID, str]:
    """Return what each import of the dataset is called: its archive; its time where two are alike.

    The time is when it was started, in UTC; those of one second have a number.
    """
    rows = Import.objects.filter(dataset=dataset).order_by("created_at", "pk")
    found = list(rows.values_list("pk", "archive_name", "created_at"))
    often = Counter(name for _, name, _ in found)
    names: dict[UUID, str] = {}
    taken: Counter[str] = Counter()
    for key, name, began in found:
        told = f"{name}, {began:%Y-%m-%d %H:%M:%S}" if often[name] > 1 else name
        taken[told] += 1
        names[key] = told if taken[told] == 1 else f"{told} ({taken[told]})"
    return names
