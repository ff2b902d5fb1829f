"""The part of the form that freezes which says, as it is filled in, what will come of it."""

import uuid
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from common.errors import Invalid
from datasets.forms import FreezeForm
from datasets.models import Dataset, Split
from datasets.selectors.datasets import visible_dataset
from datasets.services.versions.preview_version import Preview, preview_version
from datasets.views.dataset_page import may_edit
from datasets.views.left_out import left_out_rows


class VersionPreview(LoginRequiredMixin, View):
    """Answers the fields of the form with a part of a page."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        form = FreezeForm(request.GET)
        context: dict[str, Any] = {"dataset": dataset}
        if form.is_valid():
            arguments = form.arguments()
            del arguments["note"]
            try:
                context |= _shown(dataset, preview_version(dataset=dataset, **arguments))
                context["may_edit"] = may_edit(request.user, dataset)
            except Invalid as error:
                form.add_error(None, error.detail)
        context["faults"] = [str(fault) for faults in form.errors.values() for fault in faults]
        return render(request, "datasets/parts/freeze_preview.html", context)


def _shown(dataset: Dataset, preview: Preview) -> dict[str, Any]:
    counts = preview.sample_counts or {}
    names = preview.division.class_names if preview.division else []
    rows = [(name, *(counts[split.label][name] for split in Split)) for name in names]
    totals = [sum(counts[split.label].values()) for split in Split] if counts else []
    return {
        "preview": preview,
        "rows": [(*row, sum(row[1:])) for row in rows],
        "totals": totals,
        "all": sum(totals),
        "left_out": left_out_rows(dataset.pk, preview.left_out),
        "left_out_count": sum(each.count for each in preview.left_out),
        "warnings": [
            (
                remark.detail,
                reverse("datasets:quality_review", args=[dataset.pk, remark.issue])
                if remark.issue
                else "",
            )
            for remark in preview.warnings
        ],
    }
