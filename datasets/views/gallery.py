"""A dataset's gallery: filters that stack, many images at once, the balance of classes."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from common.requests import HtmxRequest
from datasets.models import Dataset, FindingKind, SplitName
from datasets.selectors.certainty import LEAST_CERTAIN_FIRST, SUREST_FIRST
from datasets.selectors.classes import class_names
from datasets.selectors.datasets import (
    ClassCount,
    Totals,
    image_count,
    readable_dataset,
    visible_dataset,
)
from datasets.selectors.filter_menu import NEWEST, metadata_columns, people_of, splits_of
from datasets.selectors.gallery import (
    METADATA,
    Filters,
    GalleryPage,
    gallery_page,
    matching_images,
)
from datasets.selectors.imports import imports_of
from datasets.selectors.quality import findings_of
from datasets.selectors.suggestions import suggested_counts, suggestions_of
from datasets.views.dataset_page import MOST_BARS, dataset_page, may_edit, shown_classes
from datasets.views.shared import shared_gallery
from datasets.views.tiles import tile
from jobs.models import TERMINAL

MAX_OFFERED_CLASSES = 1_000
MAX_SUGGESTED = 30
# Of a filter that more images match, the page says that there are more.
MOST_COUNTED = 50_000
_ORDERINGS = {LEAST_CERTAIN_FIRST: "Least certain first", SUREST_FIRST: "Surest first"}
Choice = Callable[..., dict[str, Any]]


class DatasetPage(LoginRequiredMixin, View):
    """The gallery, the balance of classes, and where files are dropped."""

    def get(self, request: HtmxRequest, dataset_id: uuid.UUID) -> HttpResponse:
        # Before the images are read: what is labelled meanwhile was not seen.
        seen_at = timezone.now()
        dataset = readable_dataset(request.user, dataset_id)
        if dataset.is_shared:
            return shared_gallery(request, dataset)
        filters = Filters.from_query(request.GET.dict())
        cursor = request.GET.get("after", "")
        page = gallery_page(dataset, filters, cursor)
        free = any(image.class_label_id is None for image in page.images)
        found = suggestions_of(dataset.pk) if free else None
        context: dict[str, Any] = {
            "tiles": [tile(image, filters.query(), found) for image in page.images],
            "next_url": "",
        }
        if page.next_cursor:
            context["next_url"] = request.path + filters.query(after=page.next_cursor)
        if request.htmx:
            context["may_edit"] = may_edit(request.user, dataset)
            return render(request, "datasets/parts/tiles.html", context)
        context |= dataset_page(request.user, dataset, "detail")
        shown, left = shown_classes(dataset, context["holds"], filters.class_name)
        names = [label.name for label in shown]
        if context["holds"].class_count > MOST_BARS:
            names = class_names(dataset, MAX_OFFERED_CLASSES)
        matching = _matching(dataset, filters, page, cursor, context["holds"])
        context |= {
            "filters": filters,
            "ask_query": filters.query(dataset=str(dataset.pk), ordering=""),
            "total": matching.count,
            "total_is_more": matching.more,
            "chips": _active_chips(request.path, filters),
            "bars": _class_bars(request.path, shown, left, context["holds"], filters),
            "bulk": _bulk(dataset, filters, seen_at),
            "class_names": names,
            "filters_url": reverse("datasets:filters", args=[dataset.pk]) + filters.query(),
            "label_url": reverse("datasets:label", args=[dataset.pk]) + filters.query(),
            "grid_url": reverse("datasets:label_grid", args=[dataset.pk]),
            "running": imports_of(dataset).exclude(job__status__in=TERMINAL)[:3],
        }
        return render(request, "datasets/detail.html", context)


@dataclass(frozen=True)
class _Matching:
    """How many images match; with `more` it is more than so many."""

    count: int
    more: bool = False


def _matching(
    dataset: Dataset, filters: Filters, page: GalleryPage, cursor: str, holds: Totals
) -> _Matching:
    """Count what matches, without a query where the page or the totals say it already."""
    if not filters.any:
        return _Matching(holds.image_count)
    if not cursor and not page.next_cursor:
        return _Matching(len(page.images))
    found = matching_images(dataset, filters).order_by()[: MOST_COUNTED + 1].count()
    return _Matching(min(found, MOST_COUNTED), found > MOST_COUNTED)


def _bulk(dataset: Dataset, filters: Filters, seen_at: datetime) -> dict[str, Any]:
    """What the selection bar sends with what is done to the selected images."""
    return {
        "url": reverse("api:image-bulk", args=[dataset.pk]),
        "filter": filters.values,
        "seen_at": seen_at.isoformat(),
    }


def _active_chips(path: str, filters: Filters) -> list[dict[str, str]]:
    """One chip for each filter, which takes it away."""
    words = {
        "class_name": filters.class_name,
        "suggested_class": f"Suggested: {filters.suggested_class}",
        "annotated": "Labelled" if filters.annotated else "Not labelled",
        "split": filters.split,
        "q": f"“{filters.q}”",
        "excluded": "Left out",
        "issue": FindingKind(filters.issue).label if filters.issue else "",
        "labelled_by": f"By {filters.labelled_by}",
        "came_with_class": "Came with its class"
        if filters.came_with_class
        else "Did not come with its class",
        "trash": "In the trash",
        "ordering": _ORDERINGS.get(filters.ordering, ""),
    }
    return [
        {
            "label": words.get(name) or f"{name.removeprefix(METADATA)}: {value}",
            "url": path + filters.query(**{name: ""}),
        }
        for name, value in filters.values.items()
    ]


def _class_bars(
    path: str, shown: Sequence[ClassCount], left: int, holds: Totals, filters: Filters
) -> dict[str, Any]:
    """One bar per class, each a link that filters by it, or that takes the filter away."""
    values = filters.values
    rows = [(label.name, "class_name", label.name, label.image_count) for label in shown]
    if holds.unlabelled_count:
        rows.append(("Not labelled", "annotated", "false", holds.unlabelled_count))
    bars = [
        {
            "label": label,
            "value": count,
            "url": path + filters.query(**{name: "" if values.get(name) == value else value}),
            "active": values.get(name) == value,
        }
        for label, name, value, count in rows
    ]
    most = max((count for *_, count in rows), default=1) or 1
    return {"rows": bars, "max": most, "left": left, "most": MOST_BARS}


class FilterMenu(LoginRequiredMixin, View):
    """What else the gallery can be filtered by; fetched when a person opens the menu."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        filters = Filters.from_query(request.GET.dict())
        choice = partial(_choice, reverse("datasets:detail", args=[dataset.pk]), filters)
        groups = {
            "Show": [
                choice("annotated", "false", "Not labelled"),
                choice("excluded", "1", "Left out of versions"),
                choice("trash", "1", "In the trash"),
            ],
            "Suggestions": [choice("ordering", *each) for each in _ORDERINGS.items()],
            "Suggested class": [
                choice("suggested_class", name, name, count)
                for name, count in suggested_counts(dataset.pk)[:MAX_SUGGESTED]
            ],
            "Quality findings": [
                choice("issue", finding.kind, finding.kind.label, finding.count)
                for finding in findings_of(dataset)
            ],
            "Split of the archive": _split_choices(dataset, choice),
            "Labelled by": _people_choices(dataset, choice),
        }
        columns = [
            {
                "title": column.name,
                "choices": [choice(f"{METADATA}{column.name}", v, v, n) for v, n in column.values],
                "more": max(0, column.distinct - len(column.values)),
                "open": f"{METADATA}{column.name}" in filters.values,
            }
            for column in metadata_columns(dataset)
        ]
        newest = NEWEST if image_count(dataset) > NEWEST else None
        context = {"groups": groups, "columns": columns, "newest": newest}
        return render(request, "datasets/parts/filter_menu.html", context)


def _choice(
    path: str, filters: Filters, name: str, value: str, label: str, count: int | None = None
) -> dict[str, Any]:
    """One filter to add to those that are on, or to take away when it is one of them."""
    active = filters.values.get(name) == value
    url = path + filters.query(**{name: "" if active else value})
    return {"label": label, "url": url, "active": active, "count": count}


def _split_choices(dataset: Dataset, choice: Choice) -> list[dict[str, Any]]:
    used = splits_of(dataset)
    return [choice("split", value, label) for value, label in SplitName.choices if value in used]


def _people_choices(dataset: Dataset, choice: Choice) -> list[dict[str, Any]]:
    """Who labelled images last; empty where only “no one” could be chosen."""
    people = [choice("labelled_by", who, who, count) for who, count in people_of(dataset)]
    if people:
        people.append(choice("came_with_class", "true", "No one here: it came with its class"))
    return people
