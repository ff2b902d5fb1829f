"""What the page of two compared reports shows, as its address asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator

from classifier.engine.measure.paired import PairedGroup
from classifier.evaluation.selectors.comparison import (
    WHICH,
    ComparedAnswer,
    ComparedReports,
    Wanted,
)
from classifier.models import EvaluationReport
from common.page_query import one_of

PICTURES = 24
CLASSES = 50


@dataclass(frozen=True)
class GroupRow:
    """A class or subgroup with its counts, and where the images of each count stand."""

    group: PairedGroup
    only_this_url: str
    only_other_url: str
    neither_url: str


class Picture(NamedTuple):
    """An image with both answers; `heat` is the class whose heat is laid over it."""

    answer: ComparedAnswer
    heat: str


@dataclass(frozen=True)
class ComparisonPage:
    """The page: counts, one group's pictures, classes and subgroups.

    `heat` says whose heat-maps are shown: `this`, `other`, or nothing.
    """

    found: ComparedReports
    wanted: Wanted
    rows: list[ComparedAnswer]
    pages: Page
    heat: str = ""

    @property
    def titles(self) -> dict[str, str]:
        """What the groups of images are called."""
        this, other = self.found.names
        return {
            "only_this": f"Only {this} right",
            "only_other": f"Only {other} right",
            "both": "Both right",
            "neither": "Neither right",
            "otherwise": "Both wrong, differently",
        }

    @property
    def bars(self) -> list[dict[str, Any]]:
        """The four counts as bars, each a link to its pictures."""
        return [
            {
                "label": self.titles[which],
                "value": self.found.numbers[which],
                "url": self.address(which=which, class_name="", column="", value=""),
                "active": which == self.wanted.which,
            }
            for which in ("both", "only_this", "only_other", "neither")
        ]

    @property
    def chips(self) -> list[tuple[str, int, str, bool]]:
        """(title, images, address, chosen) of each group, of the class or subgroup chosen."""
        return [
            (
                self.titles[which],
                len(self.found.places(replace(self.wanted, which=which))),
                self.address(which=which),
                which == self.wanted.which,
            )
            for which in WHICH
        ]

    @property
    def explained(self) -> EvaluationReport:
        """The report whose model's heat is shown."""
        return self.found.other if self.heat == "other" else self.found.this

    @property
    def pictures(self) -> list[Picture]:
        """The images with what the heat-map is asked about: the model's answer, by its own name.

        A mapped report's answers are in other words: there it is what the model finds most likely.
        """
        mapped = self.explained.is_mapped
        said = [row.other if self.heat == "other" else row.this for row in self.rows]
        return [
            Picture(row, "" if mapped else answer.class_name)
            for row, answer in zip(self.rows, said, strict=True)
        ]

    @property
    def heats(self) -> list[tuple[str, str, bool]]:
        """(title, address, chosen) of the pictures with and without heat."""
        this, other = self.found.names
        titles = {"": "Pictures alone", "this": f"Heat of {this}", "other": f"Heat of {other}"}
        return [
            (title, self.address(self.pages.number, heat=heat), heat == self.heat)
            for heat, title in titles.items()
        ]

    @property
    def narrowed(self) -> list[tuple[str, str]]:
        """(what is chosen, address without it)."""
        found = []
        if self.wanted.class_name:
            found.append((f"Class {self.wanted.class_name}", self.address(class_name="")))
        if self.wanted.column:
            value = self.wanted.value or "no value"
            found.append((f"{self.wanted.column}: {value}", self.address(column="", value="")))
        return found

    @property
    def class_tables(self) -> list[tuple[str, list[GroupRow]]]:
        """The classes on which the two differ, the surest difference first; nothing without any."""
        rows = sorted(
            (group for group in self.found.per_class if group.differing),
            key=lambda group: (group.corrected, group.p_value, -group.differing),
        )
        shown = rows[:CLASSES]
        found = [self._row(each, class_name=each.name, column="", value="") for each in shown]
        return [("", found)] if found else []

    @property
    def classes_left(self) -> int:
        """How many classes more the two differ on."""
        return max(0, sum(bool(group.differing) for group in self.found.per_class) - CLASSES)

    @property
    def classes_alike(self) -> int:
        """On how many classes both are right on the same images."""
        return sum(not group.differing for group in self.found.per_class)

    @property
    def slices(self) -> list[tuple[str, list[GroupRow]]]:
        """The subgroups by column."""
        return [
            (
                each.column,
                [
                    self._row(group, column=each.column, value=group.name, class_name="")
                    for group in each.groups
                ],
            )
            for each in self.found.slices
        ]

    @property
    def previous_url(self) -> str:
        """The page of pictures before this one."""
        return self.address(page=self.pages.number - 1)

    @property
    def next_url(self) -> str:
        """The page of pictures after this one."""
        return self.address(page=self.pages.number + 1)

    def address(self, page: int = 1, **changes: str) -> str:
        """Return the query of the same page with these changes."""
        values = {**asdict(self.wanted), "heat": self.heat, **changes}
        pairs: list[tuple[str, Any]] = [("against", self.found.other.pk)]
        pairs += [(name, value) for name, value in values.items() if value]
        if page > 1:
            pairs.append(("page", page))
        return f"?{urlencode(pairs)}#pictures"

    def _row(self, group: PairedGroup, **chosen: str) -> GroupRow:
        urls: Sequence[str] = [
            self.address(1, which=which, **chosen)
            for which in ("only_this", "only_other", "neither")
        ]
        return GroupRow(group, *urls)


def comparison_page(found: ComparedReports, asked: Mapping[str, str]) -> ComparisonPage:
    """Return what the address asks for. Raises `Invalid` for a class or subgroup that is not there.

    Where no group is named, it is the first that has images.
    """
    which = one_of("which", asked.get("which", ""), WHICH)
    if not which:
        numbers = found.numbers
        which = next((each for each in WHICH if numbers[each]), WHICH[0])
    wanted = Wanted(
        which, asked.get("class_name", ""), asked.get("column", ""), asked.get("value", "")
    )
    places = found.places(wanted)
    pages = Paginator(places, PICTURES).get_page(asked.get("page"))
    heat = one_of("heat", asked.get("heat", ""), ("this", "other"))
    rows = found.rows(list(pages.object_list))
    return ComparisonPage(found, wanted, rows, pages, heat)
