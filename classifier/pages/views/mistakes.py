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
from classifier.evaluation.selectors.nearest_training import nearest_training
from classifier.evaluation.selectors.pairs import pair_table
from classifier.evaluation.selectors.reports import visible_reports
from classifier.models import EvaluationReport
from classifier.pages.selectors.mistakes import (
    CLASS_KEYS,
    PAGE,
    Asked,
    Card,
    card_of,
    cards_at,
    counts_of,
    dataset_classes,
    may_change,
)
from common.errors import Invalid
from common.requests import HtmxRequest, came_from
from datasets.errors import CannotFreeze, UnreadableImage
from datasets.models import BulkAction, BulkEdit, DatasetVersion
from datasets.policies import require_editable
from datasets.selectors.images import visible_image
from datasets.selectors.since_frozen import since_frozen
from datasets.services.labelling.bulk_edit import bulk_edit
from datasets.services.quality.dismiss_item import set_dismissed
from datasets.services.quality.keep_label import keep_label
from datasets.services.versions.freeze import freeze

_DECISIONS = ("predicted", "other", "frozen", "exclude", "include", "keep", "reopen")


class Mistakes(LoginRequiredMixin, View):
    """The images of a cell of the confusion matrix, or of another view, the worst first."""

    def get(self, request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
        report = _report(request, report_id)
        columns = answer_columns(report)
        asked = Asked.from_address(request.GET.dict())
        places = asked.filter.matching(columns)
        page = Paginator(places, PAGE).get_page(request.GET.get("page"))
        classes = dataset_classes(report)
        context = {
            **_shared(request, report),
            "asked": asked,
            "page": page,
            "cards": cards_at(report, columns, page.object_list),
            "model_classes": columns.class_names,
            "classes": classes,
            "keys": list(zip(CLASS_KEYS, classes, strict=False))
            if len(classes) <= len(CLASS_KEYS)
            else [],
            "seen_at": timezone.now().isoformat(),
        }
        return render(request, "classifier/evaluation/mistakes.html", context)


class MistakePairs(LoginRequiredMixin, View):
    """The mistakes by pair of classes, to search and sort."""

    def get(self, request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
        report = _report(request, report_id)
        asked = request.GET.get("page", "")
        pairs = pair_table(
            answer_columns(report),
            request.GET.get("q", ""),
            request.GET.get("sort", ""),
            int(asked[:9]) if asked.isascii() and asked.isdigit() else 1,
        )
        context = {**_shared(request, report), "pairs": pairs}
        return render(request, "classifier/evaluation/mistake_pairs.html", context)


class Mistake(LoginRequiredMixin, View):
    """How one image stands, as a fragment for htmx; a POST decides about it."""

    def get(self, request: HttpRequest, report_id: uuid.UUID, image_id: uuid.UUID) -> HttpResponse:
        report = _report(request, report_id)
        return _state(request, report, card_of(report, image_id))

    def post(self, request: HtmxRequest, report_id: uuid.UUID, image_id: uuid.UUID) -> HttpResponse:
        report = _report(request, report_id)
        decision = request.POST.get("decision", "")
        if decision not in _DECISIONS:
            raise Invalid(
                f"decision must be one of {', '.join(_DECISIONS)}; received {decision[:40]!r}."
            )
        said, undo_url = _decide(request, report, card_of(report, image_id), decision)
        if not request.htmx:
            messages.success(request, said)
            return redirect(came_from(request) or reverse("classifier:mistakes", args=[report.pk]))
        answer = _state(request, report, card_of(report, image_id))
        toast = {"message": said, **({"undo_url": undo_url} if undo_url else {})}
        answer["HX-Trigger"] = json.dumps({"loupe:toast": toast})
        return answer


class MistakeReopen(LoginRequiredMixin, View):
    """Takes back that an image's label is right."""

    def post(self, request: HttpRequest, report_id: uuid.UUID, image_id: uuid.UUID) -> HttpResponse:
        report = _report(request, report_id)
        _reopen(request, card_of(report, image_id))
        return HttpResponse(status=204)


class MistakeNearest(LoginRequiredMixin, View):
    """The nearest training images of one image, as a fragment for htmx: fetched when seen."""

    def get(self, request: HttpRequest, report_id: uuid.UUID, image_id: uuid.UUID) -> HttpResponse:
        report = _report(request, report_id)
        card = card_of(report, image_id)
        context = {"found": nearest_training(report.model_version, card.standing.image)}
        return render(request, "classifier/evaluation/mistake_nearest.html", context)


class FreezeAndRetrain(LoginRequiredMixin, View):
    """Freezes the dataset as it is now and opens the form of a run with the same settings."""

    def post(self, request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
        report = _report(request, report_id)
        before = report.dataset_version
        try:
            version = freeze(
                user=request.user,
                dataset=before.dataset,
                strategy=before.strategy,
                **before.fractions,
                seed=before.seed,
                keep_test=before.keep_test,
                note=f"Corrected with the mistakes of {report.model_version}"[:2000],
            )
        except (Invalid, CannotFreeze, UnreadableImage) as error:
            messages.error(request, f"{error.detail} {error.hint}".strip())
            return redirect(came_from(request) or reverse("classifier:mistakes", args=[report.pk]))
        same = " It holds the same as the one before." if version.digest == before.digest else ""
        messages.success(request, f"Version {version.number} is frozen.{same}")
        return redirect(_new_run_url(report, version))


def _report(request: HttpRequest, report_id: uuid.UUID) -> EvaluationReport:
    # With a thousand classes the figures are a megabyte, and nothing here reads them.
    return visible_reports(request.user).defer("metrics").get_visible(report_id)


def _shared(request: HttpRequest, report: EvaluationReport) -> dict[str, Any]:
    mistakes, answers = counts_of(answer_columns(report))
    return {
        "report": report,
        "mistakes": mistakes,
        "answers": answers,
        "since": since_frozen(report.dataset_version),
        "may_edit": may_change(request.user, report),
    }


def _state(request: HttpRequest, report: EvaluationReport, card: Card) -> HttpResponse:
    context = {
        "report": report,
        "card": card,
        "may_edit": may_change(request.user, report),
        "seen_at": timezone.now().isoformat(),
    }
    return render(request, "classifier/evaluation/mistake_state.html", context)


def _decide(
    request: HttpRequest, report: EvaluationReport, card: Card, decision: str
) -> tuple[str, str]:
    """Do what a person decided; return that in words, and the address that undoes it."""
    name = card.answer.sample.name
    if decision == "keep":
        item_of = visible_image(request.user, card.image_id)
        kept = card.standing.class_name
        keep_label(
            user=request.user,
            image=item_of,
            expected_class=request.POST.get("expected_class_name", kept),
            instead_of=card.predicted_label,
        )
        reopen = reverse("classifier:mistake_reopen", args=[report.pk, card.image_id])
        return f"{name} is {kept}: kept as it is.", reopen
    if decision == "reopen":
        _reopen(request, card)
        return f"{name} is open again.", ""
    return _edit(request, report, card, decision)


def _edit(
    request: HttpRequest, report: EvaluationReport, card: Card, decision: str
) -> tuple[str, str]:
    class_name, action = "", BulkAction.RELABEL
    if decision in ("exclude", "include"):
        action = BulkAction(decision)
        said = "left out of new versions" if decision == "exclude" else "taken in again"
    else:
        class_name = {
            "predicted": card.predicted_label,
            "frozen": card.standing.frozen_class,
            "other": request.POST.get("class_name", "").strip(),
        }[decision]
        if not class_name:
            raise Invalid("Say which class it is.")
        said = f"now {class_name}"
    bulk = bulk_edit(
        user=request.user,
        dataset=report.dataset_version.dataset,
        action=action,
        selection=[card.image_id],
        class_name=class_name,
        seen_at=_seen_at(request) if class_name else None,
    )
    return f"{card.answer.sample.name}: {said}.", _undo_url(bulk.edit)


def _seen_at(request: HttpRequest) -> datetime | None:
    """Return when the person looked; raises `Invalid` for what is no time with its zone."""
    text = request.POST.get("seen_at", "")
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        moment = None
    if text and (moment is None or moment.tzinfo is None):
        raise Invalid(f"seen_at must be a time with its zone; received {text[:40]!r}.")
    return moment


def _undo_url(edit: BulkEdit | None) -> str:
    return reverse("api:bulk-edit-undo", args=[edit.pk]) if edit else ""


def _reopen(request: HttpRequest, card: Card) -> None:
    require_editable(user=request.user, dataset=card.standing.image.dataset)
    if card.standing.kept is not None:
        set_dismissed(user=request.user, item=card.standing.kept, dismissed=False)


def _new_run_url(report: EvaluationReport, version: DatasetVersion) -> str:
    """Return the form of a run on the new version, with the settings of the run if it has one."""
    run = report.model_version.training_run
    asked = {"dataset_version": str(version.pk)}
    if run is not None and run.dataset_version.dataset_id == version.dataset_id:
        return f"{reverse('classifier:run_clone', args=[run.pk])}?{urlencode(asked)}"
    if report.model_version.model.organization_id is not None:
        asked["model"] = str(report.model_version.model_id)
    return f"{reverse('classifier:run_new')}?{urlencode(asked)}"
