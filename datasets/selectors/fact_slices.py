"""Subgroups by what was measured of the images themselves: size, brightness, sharpness, format.

As `datasets.selectors.slices` divides metadata: by value, or four ranges of about as many images
each, over the whole version. They are read when a report is made; nothing is stored.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from datasets.models import DatasetVersion, Sample, Split
from datasets.selectors.slices import divide

SIZE, BRIGHTNESS, SHARPNESS, FORMAT = (
    "image: shorter side, pixels",
    "image: brightness, %",
    "image: sharpness",
    "image: format",
)


class _Row(NamedTuple):
    """A sample's split and facts of its image; None where the image was not measured."""

    split: int
    width: int
    height: int
    format: str
    brightness: float | None
    sharpness: float | None

    @property
    def facts(self) -> dict[str, Any]:
        """The facts in the form of metadata."""
        found = {SIZE: min(self.width, self.height), FORMAT: self.format}
        if self.brightness is not None and self.sharpness is not None:
            found |= {
                BRIGHTNESS: f"{self.brightness * 100:.1f}",
                # The variance of the Laplacian spans decades; three digits tell quarters apart.
                SHARPNESS: f"{self.sharpness:.3g}",
            }
        return found


def fact_slices(version: DatasetVersion, split: Split) -> dict[str, list[str]]:
    """Return, for each fact that divides the images, the slice of every sample of the split.

    In the order of `samples_of`.
    """
    used = [
        slices
        for slices in divide((row.facts, Split(row.split)) for row in _rows(version))
        if not slices.left_out and len(slices.counts) > 1
    ]
    names: dict[str, list[str]] = {slices.column: [] for slices in used}
    for row in _rows(version) if used else ():
        if row.split == split:
            for slices in used:
                names[slices.column].append(slices.slice_of(row.facts))
    return names


def _rows(version: DatasetVersion) -> Iterator[_Row]:
    rows = (
        Sample.objects.filter(version=version)
        .order_by("sha256", "class_index", "id")
        .values_list(
            "split",
            "image__width",
            "image__height",
            "image__format",
            "image__fingerprint__brightness",
            "image__fingerprint__sharpness",
        )
    )
    for row in rows.iterator(10_000):
        yield _Row(*row)
