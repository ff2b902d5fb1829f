"""What the page of runs side by side shows, as its address asks for it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from classifier.experiments.services.plans.ensemble import FEWEST, MOST
from classifier.models import EpochMetrics, TrainingRun
from classifier.pages.selectors.preset_groups import FAMILIES
from classifier.training.selectors.comparison import (
    FIGURES,
    ComparedRun,
    against,
    compared_runs,
    setting_titles,
    trained_on,
)
from common.ids import id_in
from common.page_query import one_of

ROWS = 50
CURVES = 12  # More lines cannot be told apart.
ACROSS = ("predictions_per_second", "bytes", "parameters", "seconds")
SHOWN = ("val_accuracy", "test_accuracy", *ACROSS)
PARAMETERS = (
    "run", "dataset_version", "model", "experiment", "column", "settings", "sort", "across",
    "baseline", "page",
)  # fmt: skip
SETTINGS = {"differing": "Those that differ", "all": "All", "none": "None"}


@dataclass(frozen=True)
class CompareQuery:
    """The page's address."""

    runs: tuple[uuid.UUID, ...] = ()
    filters: dict[str, uuid.UUID] = field(default_factory=dict)
    columns: tuple[str, ...] = SHOWN
    settings: str = "differing"
    sort: str = ""
    across: str = ACROSS[0]
    baseline: uuid.UUID | None = None
    page: str = ""

    @classmethod
    def from_address(cls, query: QueryDict) -> "CompareQuery":
        """Read an address; what is no id is one that no row has.

        Raises `Invalid` for a column, an order or settings that there are not.
        """
        given = {name: str(value) for name, value in query.items() if value}
        known = {"dataset_version", "model", "experiment"}
        filters = {name: id_in(value) for name, value in given.items() if name in known}
        asked = {one_of("column", each, FIGURES) for each in query.getlist("column")}
        orders = (*FIGURES, *(f"-{name}" for name in FIGURES))
        return cls(
            runs=tuple(dict.fromkeys(map(id_in, query.getlist("run")))),
            filters=filters,
            columns=tuple(name for name in FIGURES if name in asked) or SHOWN,
            settings=one_of("settings", given.get("settings", ""), SETTINGS) or "differing",
            sort=one_of("sort", given.get("sort", ""), orders),
            across=one_of("across", given.get("across", ""), ACROSS) or ACROSS[0],
            baseline=id_in(given["baseline"]) if "baseline" in given else None,
            page=given.get("page", ""),
        )

    def address(self, **changes: Any) -> str:
        """Return the query of the same page with these changes."""
        values = {**vars(self), **changes}
        pairs = [("run", each) for each in values["runs"]]
        pairs += list(values["filters"].items())
        if values["columns"] != SHOWN:
            pairs += [("column", name) for name in values["columns"]]
        plain = {"settings": "differing", "across": ACROSS[0], "sort": "", "page": ""}
        pairs += [(name, values[name]) for name, usual in plain.items() if values[name] != usual]
        if values["baseline"]:
            pairs.append(("baseline", values["baseline"]))
        return f"?{urlencode(pairs)}"


def comparison(user: User, query: CompareQuery) -> dict[str, Any]:
    """Return the page's context. Raises `NotFound` for runs that `user` may not see."""
    everything, left_off = compared_runs(user, query.runs, **query.filters)
    rows = _sorted(everything, query.sort)
    page = Paginator(rows, ROWS).get_page(query.page)
    shown = list(page.object_list)
    settings = _settings(everything, query.settings)
    baseline = _baseline(everything, query.baseline)
    return {
        "query": query,
        "count": len(everything),
        "left_off": left_off,
        "page": page,
        "previous_url": query.address(page=page.number - 1),
        "next_url": query.address(page=page.number + 1),
        "versions": trained_on(user),
        "heads": [_head(name, query) for name in query.columns],
        "settings": settings,
        "rows": _table(shown, query.columns, settings, baseline),
        "baseline": baseline,
        "baselines": [row.run for row in everything if row.report],
        "columns": [(name, each.title, name in query.columns) for name, each in FIGURES.items()],
        "setting_choices": SETTINGS.items(),
        "chosen_version": str(query.filters.get("dataset_version", "")),
        "test_sets": len({row.run.dataset_version_id for row in everything if row.report}),
        "curves": _curves(shown[:CURVES]),
        "curves_of": min(CURVES, len(shown)),
        "scatter": _scatter(everything, query.across),
        "ensemble_url": _ensemble_url(user, everything),
        "across": [
            (FIGURES[name].title, query.address(across=name), name == query.across)
            for name in ACROSS
        ],
    }


def _ensemble_url(user: User, rows: Sequence[ComparedRun]) -> str:
    """Return where these runs become an ensemble; empty for too few or too many with a model.

    Only those count that `user` may train with, of runs that were chosen.
    """
    found = [row.run.pk for row in rows if row.version_id]
    if len(found) > MOST:
        return ""
    editable = TrainingRun.objects.for_user(user, Role.EDITOR).filter(pk__in=found)
    may = set(editable.values_list("pk", flat=True))
    made = [("run", key) for key in found if key in may]
    if not FEWEST <= len(made) <= MOST:
        return ""
    return f"{reverse('classifier:experiment_new_of_kind', args=['ensemble'])}?{urlencode(made)}"


def _sorted(rows: list[ComparedRun], sort: str) -> list[ComparedRun]:
    """Return the rows by a figure; those without it come last, either way."""
    if not sort:
        return rows
    value = FIGURES[sort.removeprefix("-")].value
    known = [row for row in rows if value(row) is not None]
    known.sort(key=value, reverse=sort.startswith("-"))
    return known + [row for row in rows if value(row) is None]


def _head(name: str, query: CompareQuery) -> dict[str, Any]:
    """Return a column's title and the address that sorts by it, the better end first."""
    figure = FIGURES[name]
    first, second = (f"-{name}", name) if figure.larger_is_better else (name, f"-{name}")
    order = {first: second}.get(query.sort, first)
    direction = "descending" if query.sort.startswith("-") else "ascending"
    return {
        "title": figure.title,
        "url": query.address(sort=order, page=""),
        "sorted": direction if query.sort.removeprefix("-") == name else "",
    }


def _settings(rows: Sequence[ComparedRun], which: str) -> dict[str, str]:
    return {} if which == "none" else setting_titles(rows, differing=which == "differing")


def _baseline(rows: Sequence[ComparedRun], asked: uuid.UUID | None) -> ComparedRun | None:
    """Return the run that the others are compared with: the one asked for, else the oldest."""
    measured = [row for row in rows if row.report]
    if asked:
        return next((row for row in measured if row.run.pk == asked), None)
    return min(measured, key=lambda row: row.run.created_at, default=None)


def _table(
    rows: Sequence[ComparedRun],
    columns: Sequence[str],
    settings: dict[str, str],
    baseline: ComparedRun | None,
) -> list[dict[str, Any]]:
    changed = against(baseline, rows) if baseline else {}
    return [
        {
            "run": row.run,
            "report": row.report,
            "status": row.status,
            "cells": [_cell(row, name) for name in columns],
            "settings": [_say(_setting(row.run, name)) for name in settings],
            "changed": changed.get(row.run.pk),
        }
        for row in rows
    ]


def _cell(row: ComparedRun, name: str) -> dict[str, Any]:
    figure = FIGURES[name]
    return {"kind": figure.kind, "value": figure.value(row), "interval": figure.interval(row)}


def _setting(run: TrainingRun, name: str) -> Any:
    """Return a run's setting; of a teacher its name, because an id says nothing to people."""
    if name == "teacher" and run.distilled is not None:
        return run.distilled["name"]
    return run.config.get(name)


def _say(value: Any) -> str:
    if value is None:
        return "–"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _curves(rows: Sequence[ComparedRun]) -> list[dict[str, Any]]:
    """Return what the two charts draw; without validation images, the training's own figures."""
    epochs: dict[uuid.UUID, list[dict[str, Any]]] = {}
    found: Any = EpochMetrics.objects.filter(run__in=[row.run.pk for row in rows]).order_by("epoch")
    figures = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")
    for run, *values in found.values_list("run_id", *figures):
        epochs.setdefault(run, []).append(dict(zip(figures, values, strict=True)))
    lines = [
        {"name": row.run.name, "epochs": epochs[row.run.pk]} for row in rows if row.run.pk in epochs
    ]
    validated = any(each["val_loss"] is not None for line in epochs.values() for each in line)
    prefix, which = ("val_", "Validation") if validated else ("", "Training")
    return [
        {
            "id": f"compare-{metric}",
            "title": f"{which} {metric}",
            "data": {"metric": f"{prefix}{metric}", "runs": lines, "ended": True},
        }
        for metric in (("accuracy", "loss") if lines else ())
    ]


def _scatter(rows: Sequence[ComparedRun], across: str) -> dict[str, Any]:
    """Return test accuracy against another figure; a dot's area is the file's size."""
    titles = {kind: title for kind, title, _ in FAMILIES}
    points = [
        {
            "name": row.run.name,
            "family": titles[row.family],
            "preset": row.run.preset,
            "x": FIGURES[across].value(row),
            "y": FIGURES["test_accuracy"].value(row),
            "bytes": FIGURES["bytes"].value(row),
            "url": reverse("classifier:run", args=[row.run.pk]),
        }
        for row in rows
    ]
    kept = [each for each in points if each["x"] is not None and each["y"] is not None]
    return {
        "x": {"title": FIGURES[across].title, "kind": FIGURES[across].kind},
        "y": FIGURES["test_accuracy"].title,
        "families": list(titles.values()),
        "points": kept,
        "left_out": len(points) - len(kept),
    }
