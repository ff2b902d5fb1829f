"""The pages of Auto."""

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse

from classifier.engine.measure.auto import AutoResult, Candidate, NextStep
from classifier.engine.measure.intervals import percent, share_interval
from classifier.engine.presets.registry import PRESETS
from classifier.engine.presets.setting import in_words
from classifier.experiments.selectors.auto import candidate_members, figures_of
from classifier.experiments.services.plans.auto import (
    LEAST_SECONDS,
    MOST_SECONDS,
    USUAL_SECONDS,
)
from classifier.models import Experiment, ExperimentMember
from classifier.pages.experiment_kinds.page import ExperimentForm, KindPage
from classifier.training.selectors.trainable import trainable_versions
from common.ids import id_in
from jobs.models import Status

_LEAST, _MOST = LEAST_SECONDS // 60, MOST_SECONDS // 60
_RANGE = f"A budget is {_LEAST} to {_MOST:,} minutes."


class AutoForm(ExperimentForm):
    """How long it may take."""

    budget_minutes = forms.IntegerField(
        label="Budget, in minutes",
        min_value=_LEAST,
        max_value=_MOST,
        initial=USUAL_SECONDS // 60,
        help_text="What does not fit is left out, and the result says so.",
        error_messages={"min_value": _RANGE, "max_value": _RANGE},
    )

    @classmethod
    def initial_of(cls, request: HttpRequest) -> dict[str, Any]:
        """Return what the address asks: a version, or with `dataset` its newest one."""
        if "dataset" not in request.GET:
            return super().initial_of(request)
        versions = trainable_versions(request.user)  # type: ignore[arg-type]
        newest = versions.filter(dataset=id_in(request.GET["dataset"])).first()
        return {"dataset_version": newest.pk if newest else ""}

    def values(self) -> dict[str, Any]:
        """Return the budget in seconds."""
        return {"budget_seconds": 60 * self.cleaned_data["budget_minutes"]}


def _shown(experiment: Experiment) -> dict[str, Any]:
    result = AutoResult.from_json(experiment.result) if experiment.result else None
    members = {each.number: each for each in candidate_members(experiment)}
    images = sum(experiment.dataset_version.sample_counts.get("validation", {}).values())
    planned = dict(enumerate(experiment.settings["candidates"]))
    asked = {**planned, **{number: each.spec for number, each in members.items()}}
    rows = [
        _row(number, asked[number], planned.values(), members.get(number), images)
        for number in sorted(asked)
    ]
    if not experiment.job.is_terminal:
        _mark_what_runs(rows, experiment)
    p_values = {each.number: each.p_value for each in result.candidates} if result else {}
    for row in rows:
        row["p_value"] = p_values.get(row["number"])
        row["won"] = result is not None and row["number"] == result.winner
    return {
        "result": result,
        "rows": rows,
        "images": images,
        "next": _next(result, experiment) if result else [],
    }


def _row(
    number: int,
    asked: dict[str, Any],
    planned: Collection[dict[str, Any]],
    member: ExperimentMember | None,
    images: int,
) -> dict[str, Any]:
    figures = figures_of(member) if member else None
    run = member.run if member else None
    row: dict[str, Any] = {
        "number": number,
        "title": asked["title"],
        "method": _method(asked, planned),
        "run": run,
        "status": "running" if run is not None and figures is None else "waiting",
    }
    if figures is None:
        return row
    if "skipped" in figures:
        return {**row, "status": "skipped", "reason": figures["skipped"]}
    milliseconds = figures["milliseconds_per_image"]
    return {
        **row,
        "status": "done",
        "accuracy": figures["val_accuracy"],
        "interval": share_interval(figures["val_accuracy"], images),
        "seconds": figures["seconds"],
        "speed": 1000 / milliseconds if milliseconds else None,
    }


def _method(asked: dict[str, Any], planned: Collection[dict[str, Any]]) -> str:
    """Return what a title does not say: the instant model's method, what a variant changes."""
    preset = PRESETS[asked["preset"]]
    if asked["stage"] == "instant":
        return preset.title
    if asked["stage"] != "search":
        return ""
    base = next(each["config"] for each in planned if each["preset"] == asked["preset"])
    settings = preset.settings
    return ", ".join(
        f"{settings[name].title} {in_words(value)}"
        for name, value in asked["config"].items()
        if value != base.get(name)
    )


def _mark_what_runs(rows: Sequence[dict[str, Any]], experiment: Experiment) -> None:
    """Mark the first that waits: candidates are fitted one after the other."""
    waiting = [row for row in rows if row["status"] == "waiting"]
    fits = experiment.job.status == Status.RUNNING and not experiment.job.is_parked
    if waiting and fits:
        waiting[0]["status"] = "running"


_LABELS = {
    "label_errors": "Open the quality check",
    "weakest_class": "See its images",
    "more_images": "Draw the learning curve",
    "imbalance": "Set it in a new run",
    "fine_tune": "Set it in a new run",
    "more_time": "Try again with more time",
}


def _next(result: AutoResult, experiment: Experiment) -> list[dict[str, Any]]:
    preset = _best(result).preset
    return [
        {
            "text": step.text,
            "url": _url_of(step, experiment, preset),
            "label": _LABELS.get(step.rule),
            "trains": step.rule not in ("label_errors", "weakest_class"),
        }
        for step in result.next
    ]


def _url_of(step: NextStep, experiment: Experiment, preset: str) -> str:
    """Return where a piece of advice is followed; empty where that is not in Loupe."""
    version, dataset = experiment.dataset_version_id, experiment.dataset_version.dataset_id
    if step.rule == "label_errors":
        return reverse("datasets:quality", args=[dataset])
    if step.rule == "weakest_class":
        return reverse("datasets:detail", args=[dataset])
    kinds = {"more_images": "learning_curve", "more_time": "auto"}
    if step.rule in kinds:
        page = reverse("classifier:experiment_new_of_kind", args=[kinds[step.rule]])
        return f"{page}?dataset_version={version}"
    if step.rule in ("imbalance", "fine_tune"):
        return f"{reverse('classifier:run_new')}?dataset_version={version}&preset={preset}"
    return ""


def _headline(experiment: Experiment) -> str:
    if experiment.result is None:
        return ""
    result = AutoResult.from_json(experiment.result)
    if result.test is not None:
        return f"{percent(result.test.accuracy)} on test"
    return f"{percent(_best(result).accuracy or 0.0)} on validation"


def _best(result: AutoResult) -> Candidate:
    return next(each for each in result.candidates if each.number == result.winner)


PAGE = KindPage(form=AutoForm, shown=_shown, headline=_headline)
