"""Pages about training runs."""

import uuid
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from accounts.models import User
from classifier.engine.curves import best_epoch
from classifier.engine.presets.registry import PRESETS
from classifier.evaluation.selectors.verdicts import report_of, verdict_of_run
from classifier.evaluation.selectors.with_and_without import with_and_without
from classifier.models import TrainingRun
from classifier.models.archived import listed
from classifier.pages.selectors.answer_strips import moment_of, strips_of
from classifier.pages.selectors.importances import important_of
from classifier.pages.selectors.student import student_of
from classifier.pages.views.run_answers import class_context
from classifier.registry.selectors.standing import standing_of
from classifier.training.selectors.run_samples import samples_shown
from classifier.training.selectors.runs import (
    epochs_of,
    runs_of_their_own,
    visible_run,
    what_was_cut,
)
from classifier.training.selectors.script import why_no_script
from classifier.training.selectors.trainable import trainable_versions
from classifier.training.serializers.runs import EpochMetricsSerializer, FinishInput
from classifier.training.services.finish_training import finish_training
from classifier.training.services.start_training import resume_training
from classifier.training.services.train_without import train_without
from common.errors import FieldError, Invalid
from common.page_query import KnownQuery, one_of
from datasets.models import DatasetVersion
from datasets.selectors.versions import open_versions, visible_version
from jobs.models import Status
from jobs.selectors.panels import job_panel

PAGE_SIZE = 30
ARCHIVED = "archived"
CURVES = ("loss", "accuracy", "learning_rate", "images_per_second", "memory_bytes")
FILTERS = (Status.RUNNING, Status.QUEUED, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


class RunList(LoginRequiredMixin, KnownQuery):
    """The runs of the person's organizations."""

    query_parameters = ("status", "page", "dataset_version")

    def get(self, request: HttpRequest) -> HttpResponse:
        everything = runs_of_their_own(request.user)
        has_any = everything.exists()
        status = one_of("status", request.GET.get("status", ""), (*Status.values, ARCHIVED))
        runs = listed(everything, archived=status == ARCHIVED)
        of_version = version_of_runs(request.user, request.GET.get("dataset_version", ""))
        if of_version is not None:
            runs = runs.filter(dataset_version=of_version)
        if status not in ("", ARCHIVED):
            runs = runs.filter(job__status=status)
        page = Paginator(runs, PAGE_SIZE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "of_version": of_version,
            "has_any": has_any,
            "has_versions": has_any or trainable_versions(request.user).exists(),
            "status": status,
            "filters": FILTERS,
            "has_archived": listed(everything, archived=True).exists(),
        }
        return render(request, "classifier/training/run_list.html", context)


def version_of_runs(user: User, asked: str) -> DatasetVersion | None:
    """Return the dataset version whose runs alone are listed; None for all of them.

    Raises `NotFound`, and `Invalid` for what is no id.
    """
    try:
        return visible_version(user, uuid.UUID(asked)) if asked else None
    except ValueError:
        detail = f"dataset_version must be an id; received {asked[:40]!r}."
        raise Invalid(detail, errors=[FieldError("/dataset_version", "invalid", detail)]) from None


class RunPage(LoginRequiredMixin, View):
    """One run, live while it runs."""

    def get(self, request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
        run = visible_run(request.user, run_id)
        return render(request, "classifier/training/run.html", _run_context(request, run))


class RunResume(LoginRequiredMixin, View):
    """Lets a failed or cancelled run go on."""

    def post(self, request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
        resume_training(user=request.user, run=visible_run(request.user, run_id))
        return redirect("classifier:run", run_id)


class RunFinish(LoginRequiredMixin, View):
    """Ends a run with its best epoch so far."""

    def post(self, request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
        body = FinishInput.read({"when": request.POST.get("when", "")})
        run = visible_run(request.user, run_id)
        finish_training(user=request.user, run=run, when=body["when"])
        return redirect("classifier:run", run_id)


class RunWithout(LoginRequiredMixin, View):
    """Trains the same without its treatments."""

    def post(self, request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
        twin = train_without(user=request.user, run=visible_run(request.user, run_id))
        return redirect("classifier:run", twin.pk)


# An id says nothing to people: the page names the version in a row of its own.
_TEACHER = "teacher"


def _run_context(request: HttpRequest, run: TrainingRun) -> dict[str, Any]:
    epochs = epochs_of(run)
    panel = job_panel(request.user, run.job, "Training")
    version, moment = run.registered_version, moment_of(run)
    return {
        "run": run,
        "panel": panel,
        "has_epochs": bool(run.planned_epochs),
        "important": important_of(run),
        "active": not run.job.is_terminal,
        "preset": PRESETS[run.preset],
        "settings": _named_settings(run),
        "student": student_of(run),
        "stopped": run.stopped,
        "cut": what_was_cut(run),
        "data_opens": bool(open_versions(request.user, [run.dataset_version])),
        "samples": samples_shown(run),
        "curves": {name: _curve(name, epochs, run) for name in CURVES},
        "memory_known": any(epoch.memory_bytes is not None for epoch in epochs),
        "strips": strips_of(run, moment),
        **class_context(run, moment),
        "report": report_of(run),
        "verdict": verdict_of_run(run),
        "beside": with_and_without(run) if version else None,
        "standing": standing_of(version) if version else None,
        "no_script": why_no_script(run),
        "can_edit": panel.may_change,
        "can_resume": bool(panel.retry_url),
        "can_finish": panel.may_change and bool(run.planned_epochs),
    }


def _curve(metric: str, epochs: list[Any], run: TrainingRun) -> dict[str, Any]:
    return {
        "metric": metric,
        "epochs": EpochMetricsSerializer(epochs, many=True).data,
        "best_epoch": best_epoch(epochs),
        "total_epochs": run.planned_epochs,
        "ended": run.job.is_terminal,
    }


def _named_settings(run: TrainingRun) -> list[dict[str, Any]]:
    """Return the run's settings with their titles; `changed` marks those that are not defaults.

    Those that others leave without effect are left out; `first` are those to see at once.
    """
    preset = PRESETS[run.preset]
    known = {**preset.defaults.to_dict(), **run.config}
    without = {
        n for n, each in preset.settings.items() if each.needs and not each.needs.met_by(known)
    }
    properties = preset.config_schema()["properties"]
    return [
        {
            "title": setting["title"],
            "value": _say(run.config[name]),
            "changed": run.config[name] != setting["default"],
            "first": setting["x-group"] == "basic" or run.config[name] != setting["default"],
        }
        for name, setting in properties.items()
        if name in run.config and name not in without and name != _TEACHER
    ]


def _say(value: Any) -> str:
    if value is None:
        return "as the level"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
