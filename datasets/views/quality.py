"""The quality report of a dataset, and the pages that go through what it found."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from common.errors import NotFound
from common.requests import HtmxRequest
from datasets.models import Dataset, FindingKind, Image
from datasets.selectors.classes import class_names
from datasets.selectors.datasets import visible_dataset
from datasets.selectors.quality import (
    CLASS_KINDS,
    COPY_KINDS,
    Finding,
    first_images,
    open_classes,
    quality_of,
)
from datasets.selectors.quality_words import WORDS, Severity, Words
from datasets.services.quality.check_quality import check_again
from datasets.views.dataset_page import dataset_page
from jobs.models import TERMINAL
from jobs.selectors.panels import job_panel

_TONES = {Severity.HIGH: "bad", Severity.MEDIUM: "wait", Severity.LOW: "neutral"}


@dataclass(frozen=True)
class Card:
    """A finding as its card shows it."""

    finding: Finding
    words: Words
    tone: str
    # "12 groups", or empty where every item is one image.
    groups: str
    previews: list[Image]
    classes: list[tuple[str, str]]
    review_url: str


class QualityPage(LoginRequiredMixin, View):
    """What was found, what could not be checked, and the check while it runs."""

    def get(self, request: HtmxRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        quality = quality_of(dataset)
        context = dataset_page(request.user, dataset, "quality")
        context |= {
            "quality": quality,
            "cards": [_card(dataset, finding) for finding in quality.findings],
            "under_way": quality.job is not None and quality.job.status not in TERMINAL,
            "failed": quality.job is not None and quality.job.status == "failed",
            "confirmed": quality.report and round(100 * (quality.report.agreement or 0)),
            "panel": quality.job and job_panel(request.user, quality.job, "Quality check"),
        }
        template = "datasets/parts/quality_report.html" if request.htmx else "datasets/quality.html"
        return render(request, template, context)

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        check_again(user=request.user, dataset=visible_dataset(request.user, dataset_id))
        return redirect("datasets:quality", dataset_id)


def _card(dataset: Dataset, finding: Finding) -> Card:
    of_classes = finding.kind in CLASS_KINDS
    groups = f"{finding.items:,} group{'' if finding.items == 1 else 's'}"
    if of_classes:
        groups = f"{finding.items:,} class{'' if finding.items == 1 else 'es'}"
    return Card(
        finding=finding,
        words=WORDS[finding.kind],
        tone=_TONES[finding.severity],
        groups=groups if of_classes or finding.kind in COPY_KINDS else "",
        previews=[] if of_classes else first_images(dataset, finding.kind),
        classes=open_classes(dataset, finding.kind) if of_classes else [],
        review_url=""
        if of_classes
        else reverse("datasets:quality_review", args=[dataset.pk, finding.kind.value]),
    )


class ReviewPage(LoginRequiredMixin, View):
    """Goes through the findings of one kind, side by side, with a key for each decision."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID, kind: str) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        if kind not in FindingKind.values or kind in CLASS_KINDS:
            raise NotFound("There is no such kind of finding to go through.")
        context = dataset_page(request.user, dataset, "quality")
        findings = {finding.kind.value: finding for finding in quality_of(dataset).findings}
        quality_url = reverse("datasets:quality", args=[dataset.pk])
        context |= {
            "kind": FindingKind(kind),
            "words": WORDS[FindingKind(kind)],
            "quality_url": quality_url,
            "crumbs": [
                *context["crumbs"],
                (dataset.name, reverse("datasets:detail", args=[dataset.pk])),
                ("Quality", quality_url),
            ],
            "review": _review(dataset, kind, findings.get(kind), context),
        }
        return render(request, "datasets/quality_review.html", context)


def _review(
    dataset: Dataset, kind: str, finding: Finding | None, context: dict[str, Any]
) -> dict[str, Any]:
    """What the page's module needs."""
    return {
        "kind": kind,
        "groups": kind in COPY_KINDS,
        "copies": kind in COPY_KINDS and kind != FindingKind.LABEL_CONFLICT,
        "total": finding.items if finding else 0,
        "itemsUrl": f"{reverse('api:quality-item-list', args=[dataset.pk])}?kind={kind}",
        "annotationsUrl": reverse("api:annotation-list", args=[dataset.pk]),
        "bulkUrl": reverse("api:image-bulk", args=[dataset.pk]),
        "imagePageUrl": reverse("datasets:image", args=[uuid.UUID(int=0)]),
        "mayEdit": context["may_edit"],
        "classes": class_names(dataset),
    }
