"""Pages of a version's samples: keyset, in the order in which they were frozen."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from datasets.models import DatasetVersion, Sample, Split
from datasets.selectors.gallery import PAGE_SIZE
from datasets.selectors.versions import sample_rows


@dataclass(frozen=True)
class SampleFilters:
    """Which samples a page shows; every combination has its own address."""

    split: str = ""
    class_name: str = ""

    @classmethod
    def from_query(cls, query: dict[str, str]) -> "SampleFilters":
        """Read an address; what it does not know it leaves out."""
        split = query.get("split", "")
        return cls(
            split=split if split in Split.labels else "", class_name=query.get("class_name", "")
        )

    def query(self, **changes: str) -> str:
        """Return the address's query with these changes; empty when nothing is filtered."""
        values = {**vars(self), **changes}
        given = {name: value for name, value in values.items() if value}
        return f"?{urlencode(given)}" if given else ""


def sample_page(
    version: DatasetVersion, filters: SampleFilters, after: str = ""
) -> tuple[Sequence[Sample], str]:
    """Return up to 120 samples after the cursor, and the cursor of the page that follows.

    A cursor that cannot be read starts at the top; '' says that nothing follows.
    """
    samples = sample_rows(version).filter(forgotten=False).select_related("image")
    if filters.split:
        samples = samples.filter(split=Split[filters.split.upper()])
    if filters.class_name:
        known = filters.class_name in version.class_names
        index = version.class_names.index(filters.class_name) if known else -1
        samples = samples.filter(class_index=index) if known else samples.none()
    if after.isascii() and after.isdigit() and len(after) < 19:
        samples = samples.filter(id__gt=int(after))
    rows = list(samples[: PAGE_SIZE + 1])
    more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE]
    return rows, str(rows[-1].pk) if more else ""
