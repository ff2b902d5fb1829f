"""Copy a model version: what its classes are called there, then the job."""

import uuid

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from accounts.models import Organization
from accounts.roles import Role
from accounts.selectors.organizations import organization_by_slug
from classifier.models import ModelVersion
from classifier.registry.selectors.copies import visible_model_copy
from classifier.registry.selectors.models import readable_version
from classifier.registry.services.copy_model import start_model_copy
from common.errors import Conflict, Forbidden, Invalid

# A form has so many fields at most; others are renamed by the API.
MOST_ROWS = 500


class ModelCopyNew(LoginRequiredMixin, View):
    """The form: into which organization, under which name, how classes are called there."""

    def get(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        return _page(request, readable_version(request.user, version_id))

    def post(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        """Start the copy."""
        version = readable_version(request.user, version_id)
        try:
            slug = request.POST.get("organization", "")
            copy = start_model_copy(
                user=request.user,
                version=version,
                organization=organization_by_slug(request.user, slug, Role.EDITOR),
                name=request.POST.get("name", ""),
                class_mapping=_mapping(request, version),
            )
        except (Conflict, Forbidden, Invalid) as error:
            return _page(request, version, f"{error.detail} {error.hint}".strip())
        return redirect("classifier:model_copy_detail", copy.pk)


def _mapping(request: HttpRequest, version: ModelVersion) -> dict[str, str]:
    return {
        name: request.POST.get(f"class-{number}", name)
        for number, name in enumerate(version.class_names[:MOST_ROWS])
    }


def _page(request: HttpRequest, version: ModelVersion, problem: str = "") -> HttpResponse:
    context = {
        "version": version,
        "model": version.model,
        "rows": list(_mapping(request, version).items()),
        "problem": problem,
        "more": max(0, len(version.class_names) - MOST_ROWS),
        "name": request.POST.get("name", version.model.name),
        "organizations": Organization.objects.for_user(request.user, Role.EDITOR).order_by("name"),
        "chosen": request.POST.get("organization", ""),
    }
    template = "classifier/registry/copy.html"
    return render(request, template, context, status=422 if problem else 200)


class ModelCopyPage(LoginRequiredMixin, View):
    """One copy: how far it is, and where it came from."""

    def get(self, request: HttpRequest, copy_id: uuid.UUID) -> HttpResponse:
        copy = visible_model_copy(request.user, copy_id)
        return render(request, "classifier/registry/copy_detail.html", {"copy": copy})
