"""Which licences images have: their import's where it states one, else their dataset's."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from datasets.licences import Licence
from datasets.models import Dataset, DatasetVersion, Image, Sample, Split

_FIELDS = ("licence", "licence_text")


@dataclass(frozen=True)
class LicenceCount:
    """How many images have a licence, by split where they are a version's."""

    licence: Licence
    images: int
    train: int = 0
    validation: int = 0
    test: int = 0


def licences_in(dataset: Dataset) -> list[LicenceCount]:
    """Return the licences of a dataset's images as they are now, the most frequent first."""
    rows = Image.objects.alive().filter(dataset=dataset)
    return _counted(rows, "", ())


def licences_of(versions: Collection[DatasetVersion]) -> list[LicenceCount]:
    """Return the licences of the images of versions, as stated today, the most frequent first.

    An image that several versions have is counted once for each, a forgotten one not at all.
    """
    return _counted(Sample.objects.filter(version__in=versions).kept(), "image__", ("split",))


def _counted(rows: QuerySet[Any], path: str, by: tuple[str, ...]) -> list[LicenceCount]:
    names = [f"{path}{of}__{name}" for of in ("source", "dataset") for name in _FIELDS]
    found: dict[Licence, dict[str, int]] = {}
    counts = rows.order_by().values_list(*names, *by).annotate(count=Count("pk"))
    for *values, count in counts:
        licence = _licence(*values[:4])
        split = Split(values[4]).label if by else "all"
        of_licence = found.setdefault(licence, {})
        of_licence[split] = of_licence.get(split, 0) + count
    return _ordered(found)


def _licence(own: str | None, own_words: str | None, name: str, words: str) -> Licence:
    """Return the import's licence, the dataset's where it states none or is not known."""
    return Licence(own, own_words or "") if own else Licence(name, words)


def _ordered(found: dict[Licence, dict[str, int]]) -> list[LicenceCount]:
    rows = [
        LicenceCount(licence, sum(counts.values()), **_by_split(counts))
        for licence, counts in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.images, row.licence))


def _by_split(counts: dict[str, int]) -> dict[str, int]:
    return {str(split.label): counts.get(split.label, 0) for split in Split}


def unstated(rows: Iterable[LicenceCount]) -> int:
    """Return how many images have no licence that a person stated."""
    return sum(row.images for row in rows if not row.licence.stated)
