"""The versions of a dataset, freezing one, and one version."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from accounts.selectors.sharing import may_copy
from common.errors import Invalid
from datasets import kinds
from datasets.errors import CannotFreeze, UnreadableImage
from datasets.forms import FreezeForm
from datasets.models import Dataset, DatasetVersion, Split
from datasets.selectors.datasets import readable_dataset, visible_dataset
from datasets.selectors.forgotten import forgotten_in
from datasets.selectors.jobs_under_way import job_under_way
from datasets.selectors.likely_strategy import likely_strategy
from datasets.selectors.quality import open_count
from datasets.selectors.slices import slices_of
from datasets.selectors.version_diff import diff
from datasets.selectors.versions import (
    compared_version,
    leaks_of,
    readable_version,
    versions_of,
    visible_version,
)
from datasets.services.versions.freeze import freeze
from datasets.services.versions.restore_version import restore_version
from datasets.views.dataset_page import dataset_page
from datasets.views.left_out import stored_left_out


class VersionList(LoginRequiredMixin, View):
    """Every version, and the form that freezes the next."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = readable_dataset(request.user, dataset_id)
        strategy, why = likely_strategy(dataset)
        form = FreezeForm(initial={"strategy": strategy})
        context = {**_context(request, dataset, form), "why_grouped": why}
        return render(request, "datasets/versions.html", context)

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        form = FreezeForm(request.POST)
        if form.is_valid():
            try:
                version = freeze(user=request.user, dataset=dataset, **form.arguments())
                messages.success(request, f"Version {version.number} is frozen.")
                return redirect("datasets:version", version.pk)
            except (Invalid, CannotFreeze, UnreadableImage) as error:
                form.add_error(None, f"{error.detail} {error.hint}".strip())
        context = _context(request, dataset, form)
        return render(request, "datasets/versions.html", context, status=422)


def _context(request: HttpRequest, dataset: Dataset, form: FreezeForm) -> dict[str, Any]:
    page = Paginator(versions_of(dataset), 50).get_page(request.GET.get("page"))
    rows = [(version, _totals(version)) for version in page]
    return {
        **dataset_page(request.user, dataset, "versions"),
        "page": page,
        "rows": rows,
        "form": form,
        "next_number": page.paginator.count + 1,
        "open_findings": open_count(dataset),
        "checking": job_under_way(dataset, kinds.CHECK_QUALITY),
    }


def _totals(version: DatasetVersion) -> dict[str, int]:
    totals = {split: sum(counts.values()) for split, counts in version.sample_counts.items()}
    return {**totals, "all": sum(totals.values())}


class VersionPage(LoginRequiredMixin, View):
    """One version: what it holds, how it was divided, what identifies it."""

    def get(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        version = readable_version(request.user, version_id)
        rows = [
            (name, *(version.sample_counts[split.label][name] for split in Split))
            for name in version.class_names
        ]
        context = dataset_page(request.user, version.dataset, "versions")
        context |= {
            "version": version,
            # An editor where it is shared with learns by it; the form says who that is.
            "may_train": version.is_shared,
            "may_copy": version.dataset.deleted_at is None
            and may_copy(request.user, version.dataset.subject),
            "totals": _totals(version),
            "leaks": leaks_of(version),
            "forgotten": forgotten_in(version),
            "left_out": stored_left_out(version),
            "slices": slices_of(version),
            "rows": [(*row, sum(row[1:])) for row in rows],
        }
        return render(request, "datasets/version.html", context)


class VersionRestore(LoginRequiredMixin, View):
    """The button that brings the dataset back to a version."""

    def post(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        version = visible_version(request.user, version_id)
        restored = restore_version(user=request.user, version=version)
        messages.success(
            request,
            f"{version.dataset.name} is as in version {version.number} again: "
            f"{restored.relabelled:,} relabelled, {restored.brought_back:,} brought back, "
            f"{restored.left_out:,} left out.",
        )
        return redirect("datasets:detail", version.dataset_id)


_KINDS = {
    "added": "Added",
    "removed": "Removed",
    "relabelled": "Relabelled",
    "moved": "Moved to another split",
}


class DiffPage(LoginRequiredMixin, View):
    """What changed from another version to this one, kind by kind."""

    def get(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        version = readable_version(request.user, version_id)
        against = compared_version(version, request.GET.get("against"))
        found = diff(against, version)
        asked = request.GET.get("kind", "")
        first = next((kind for kind, count in found.counts.items() if count), "added")
        kind = asked if asked in _KINDS else first
        context = dataset_page(request.user, version.dataset, "versions")
        context |= {
            "version": version,
            "against": against,
            "versions": versions_of(version.dataset).exclude(pk=version.pk)[:500],
            "kinds": [(key, label, found.counts[key]) for key, label in _KINDS.items()],
            "kind": kind,
            "page": Paginator(getattr(found, kind), 100).get_page(request.GET.get("page")),
        }
        return render(request, "datasets/version_diff.html", context)
