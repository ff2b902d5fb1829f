"""What a model got wrong, image by image: look, correct the labels, freeze and retrain."""

import json
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from classifier.evaluation.selectors.answers import answer_columns
from classifier.evaluation.selectors.nearest_training import (
    NO_VECTORS,
    nearest_training,
    why_no_neighbours,
)
from classifier.evaluation.selectors.pairs import pair_table
from classifier.evaluation.selectors.reports import require_own_images, visible_reports
from classifier.models import EvaluationReport
from classifier.pages.selectors.mistakes import (
    CLASS_KEYS,
    PAGE,
    Asked,
    card_of,
    cards_at,
    counts_of,
    dataset_classes,
    may_change,
)
from classifier.pages.views.mistake_decisions import Question, decide, reopen
from common.errors import Conflict, Invalid
from common.page_query import KnownQuery
from common.requests import HtmxRequest, came_from
from datasets.errors import CannotFreeze, UnreadableImage
from datasets.models import ClassLabel, DatasetVersion
from datasets.selectors.since_frozen import classes_now, since_frozen
from datasets.services.versions.freeze import freeze


class Mistakes(LoginRequiredMixin, KnownQuery):
    """The images of a cell of the confusion matrix, or of another view, the worst first."""

    query_parameters = ("true", "predicted", "correct", "order", "page")

    def get(self, request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
        # Before anything is read: what is labelled meanwhile was not seen.
        seen_at = timezone.now()
        report = _report(request, report_id)
        asked = Asked.from_address(request.GET.dict())
        columns, now = answer_columns(report), classes_now(report.dataset_version)
        places = asked.filter.matching(columns)
        page = Paginator(places, PAGE).get_page(request.GET.get("page"))
        classes = dataset_classes(report)
        why_none = why_no_neighbours(report.model_version, report.dataset_version.dataset)
        context = {
            **_shared(request, report, now),
            "asked": asked,
            "page": page,
            "cards": cards_at(report, columns, page.object_list, now),
            "answer_classes": columns.class_names,
            "classes": classes,
            "keys": list(zip(CLASS_KEYS, classes, strict=False))
            if len(classes) <= len(CLASS_KEYS)
            else [],
            "seen_at": seen_at.isoformat(),
            "why_no_neighbours": why_none,
            "vectors_can_be_made": why_none == NO_VECTORS,
        }
        return render(request, "classifier/evaluation/mistakes.html", context)


class MistakePairs(LoginRequiredMixin, KnownQuery):
    """The mistakes by pair of classes, to search and sort."""

    query_parameters = ("q", "sort", "page")

    def get(self, request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
        report = _report(request, report_id)
        pairs = pair_table(
            answer_columns(report),
            request.GET.get("q", ""),
            request.GET.get("sort", ""),
            int(request.GET.get("page", "")[:9] or 1),
        )
        context = {**_shared(request, report, classes_now(report.dataset_version)), "pairs": pairs}
        return render(request, "classifier/evaluation/mistake_pairs.html", context)


class Mistake(LoginRequiredMixin, View):
    """How one image stands, as a fragment for htmx; a POST decides about it."""

    def get(self, request: HttpRequest, report_id: uuid.UUID, image_id: uuid.UUID) -> HttpResponse:
        return _state(request, _report(request, report_id), image_id)

    def post(self, request: HtmxRequest, report_id: uuid.UUID, image_id: uuid.UUID) -> HttpResponse:
        report = _report(request, report_id)
        card = card_of(report, image_id, classes_now(report.dataset_version))
        done = decide(request, report, card)
        if isinstance(done, Question):
            if request.htmx:
                return _state(request, report, image_id, done)
            messages.error(request, done.sentence)
        elif request.htmx:
            answer = _state(request, report, image_id)
            toast = {"message": done.said, **({"undo_url": done.undo_url} if done.undo_url else {})}
            answer["HX-Trigger"] = json.dumps({"loupe:toast": toast})
            return answer
        else:
            messages.success(request, done.said)
        return redirect(came_from(request) or reverse("classifier:mistakes", args=[report.pk]))


class MistakeReopen(LoginRequiredMixin, View):
    """Takes back that an image's label is right."""

    def post(self, request: HttpRequest, report_id: uuid.UUID, image_id: uuid.UUID) -> HttpResponse:
        report = _report(request, report_id)
        reopen(request, card_of(report, image_id, classes_now(report.dataset_version)))
        return HttpResponse(status=204)


class MistakeNearest(LoginRequiredMixin, View):
    """The nearest training images of one image, as a fragment for htmx: fetched when seen."""

    def get(self, request: HttpRequest, report_id: uuid.UUID, image_id: uuid.UUID) -> HttpResponse:
        report = _report(request, report_id)
        card = card_of(report, image_id, classes_now(report.dataset_version))
        context = {"found": nearest_training(report.model_version, card.standing.image)}
        return render(request, "classifier/evaluation/mistake_nearest.html", context)


class FreezeAndRetrain(LoginRequiredMixin, View):
    """Freezes the dataset as it is now and opens the form of a run with the same settings.

    Images that were tested on stay in test, whatever the version said: the corrected ones are
    among them, and would else teach the model that they are to measure.
    """

    def post(self, request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
        started = timezone.now()
        report = _report(request, report_id)
        before = report.dataset_version
        try:
            version = freeze(
                user=request.user,
                dataset=before.dataset,
                strategy=before.strategy,
                **before.fractions,
                seed=before.seed,
                keep_test=True,
                note=f"Corrected with the mistakes of {report.model_version}"[:2000],
                reuse=True,
            )
        except (Invalid, CannotFreeze, UnreadableImage, Conflict) as error:
            messages.error(request, f"{error.detail} {error.hint}".strip())
            return redirect(came_from(request) or reverse("classifier:mistakes", args=[report.pk]))
        if version.created_at < started:
            said = f"Nothing has changed since version {version.number}, so it is taken."
        else:
            said = f"Version {version.number} is frozen."
        messages.success(request, said)
        return redirect(_new_run_url(report, version))


def _report(request: HttpRequest, report_id: uuid.UUID) -> EvaluationReport:
    # With a thousand classes the figures are a megabyte, and nothing here reads them.
    report: EvaluationReport = visible_reports(request.user).defer("metrics").get_visible(report_id)
    require_own_images(report)
    return report


def _shared(
    request: HttpRequest, report: EvaluationReport, classes: list[ClassLabel | None]
) -> dict[str, Any]:
    mistakes, answers = counts_of(answer_columns(report))
    return {
        "report": report,
        "mistakes": mistakes,
        "answers": answers,
        "since": since_frozen(report.dataset_version, classes),
        "may_edit": may_change(request.user, report),
    }


def _state(
    request: HttpRequest,
    report: EvaluationReport,
    image_id: uuid.UUID,
    question: Question | None = None,
) -> HttpResponse:
    seen_at: datetime = timezone.now()
    classes = classes_now(report.dataset_version)
    context = {
        "report": report,
        "card": card_of(report, image_id, classes),
        "since": since_frozen(report.dataset_version, classes),
        "may_edit": may_change(request.user, report),
        "seen_at": seen_at.isoformat(),
        "question": question,
    }
    return render(request, "classifier/evaluation/mistake_answer.html", context)


def _new_run_url(report: EvaluationReport, version: DatasetVersion) -> str:
    """Return the form of a run on the new version, with the settings of the run if it has one."""
    run = report.model_version.training_run
    asked = {"dataset_version": str(version.pk)}
    if run is not None and run.dataset_version.dataset_id == version.dataset_id:
        return f"{reverse('classifier:run_clone', args=[run.pk])}?{urlencode(asked)}"
    if report.model_version.model.organization_id is not None:
        asked["model"] = str(report.model_version.model_id)
    return f"{reverse('classifier:run_new')}?{urlencode(asked)}"
