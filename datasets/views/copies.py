"""Copy a dataset or a version: a row for each class, then the job."""

import uuid
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from accounts.models import Organization
from accounts.roles import Role
from accounts.selectors.organizations import organization_by_slug
from common.errors import Conflict, DomainError, Forbidden, Invalid, Unprocessable
from datasets.models import Dataset
from datasets.selectors.copying import Source, checked_mapping, plan_of, visible_copy
from datasets.selectors.datasets import readable_dataset
from datasets.selectors.versions import readable_version
from datasets.services.copy_dataset import check_copy, start_copy
from datasets.views.dataset_page import dataset_page

# A form has so many fields at most; others are renamed by the API.
MOST_ROWS = 500


class CopyNew(LoginRequiredMixin, View):
    """The form: into which organization, under which name, which classes become which."""

    def get(self, request: HttpRequest, **named: uuid.UUID) -> HttpResponse:
        return _page(request, _source(request, named), {})

    def post(self, request: HttpRequest, **named: uuid.UUID) -> HttpResponse:
        """Count what was asked for, or start the copy."""
        source = _source(request, named)
        mapping = {
            name: request.POST.get(f"class-{number}", name)
            for number, name in enumerate(source.class_names[:MOST_ROWS])
        }
        try:
            slug = request.POST.get("organization", "")
            organization = organization_by_slug(request.user, slug, Role.EDITOR)
            if request.POST.get("action") == "copy":
                copy = start_copy(
                    user=request.user,
                    source=source,
                    organization=organization,
                    name=request.POST.get("name", ""),
                    class_mapping=mapping,
                )
                return redirect("datasets:copy_detail", copy.pk)
            check_copy(user=request.user, source=source, organization=organization)
        except (Conflict, Forbidden, Invalid, Unprocessable) as error:
            return _page(request, source, mapping, f"{error.detail} {error.hint}".strip())
        return _page(request, source, mapping)


def _source(request: HttpRequest, named: dict[str, uuid.UUID]) -> Source:
    if "version_id" in named:
        version = readable_version(request.user, named["version_id"])
        return Source(version.dataset, version)
    return Source(readable_dataset(request.user, named["dataset_id"]), None)


def _page(
    request: HttpRequest, source: Source, mapping: dict[str, str], problem: str = ""
) -> HttpResponse:
    plan = None
    try:
        plan = plan_of(source, checked_mapping(source, mapping))
    except DomainError as error:
        problem = problem or error.detail
    counted = {each.class_name: each for each in plan.classes} if plan else {}
    names = source.class_names
    rows = [(name, mapping.get(name, name), counted.get(name)) for name in names[:MOST_ROWS]]
    context: dict[str, Any] = dataset_page(request.user, source.dataset, "versions")
    context |= {
        "source": source,
        "rows": rows,
        "plan": plan,
        "more": max(0, len(names) - MOST_ROWS),
        "problem": problem,
        "unlabelled": counted.get(""),
        "name": request.POST.get("name", source.dataset.name),
        "organizations": Organization.objects.for_user(request.user, Role.EDITOR).order_by("name"),
        "chosen": request.POST.get("organization", ""),
        "crumbs": [*context["crumbs"], _crumb(source.dataset)],
    }
    status = 422 if problem and request.method == "POST" else 200
    return render(request, "datasets/copy.html", context, status=status)


def _crumb(dataset: Dataset) -> tuple[str, str]:
    return dataset.name, reverse("datasets:detail", args=[dataset.pk])


class CopyPage(LoginRequiredMixin, View):
    """One copy: how far it is, and where it came from."""

    def get(self, request: HttpRequest, copy_id: uuid.UUID) -> HttpResponse:
        copy = visible_copy(request.user, copy_id)
        crumbs = [("Datasets", reverse("datasets:list"))]
        return render(request, "datasets/copy_detail.html", {"copy": copy, "crumbs": crumbs})
