"""The sheet of a dataset version, with its texts to edit in place."""

import uuid
from functools import partial

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from common.documents.write import write_posted
from datasets.models import DatasetVersion
from datasets.selectors.sheet.sheet import sheet_of
from datasets.selectors.versions import visible_version
from datasets.services.versions.write_sheet import write_sheet
from datasets.views.dataset_page import dataset_page


class VersionSheet(LoginRequiredMixin, View):
    """The sheet; a text posted is kept."""

    def get(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        return _page(request, visible_version(request.user, version_id))

    def post(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        version = visible_version(request.user, version_id)
        write = partial(write_sheet, user=request.user, version=version)
        if faulty := write_posted(request.POST, write):
            return _page(request, version, faulty)
        place = f"say-{request.POST.get('field', '')}"
        return redirect(f"{reverse('datasets:version_sheet', args=[version.pk])}#{place}")


def _page(
    request: HttpRequest, version: DatasetVersion, faulty: dict[str, str] | None = None
) -> HttpResponse:
    shown = dataset_page(request.user, version.dataset, "versions")
    context = {
        **shown,
        "may_edit": shown["may_edit"] and version.dataset.deleted_at is None,
        "version": version,
        "document": sheet_of(version),
        "faulty": faulty,
        "download_url": reverse("api:version-sheet", args=[version.pk]),
    }
    return render(request, "datasets/sheet.html", context, status=422 if faulty else 200)
