"""The page about the exports of a model version."""

import uuid

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from classifier.engine.formats.exports import FORMATS, ExportFormat
from classifier.engine.formats.usage import program_of
from classifier.models import ModelVersion
from classifier.pages.views.models import can_edit
from classifier.registry.selectors.exports import offers_of, visible_exports
from classifier.registry.selectors.models import visible_version
from classifier.registry.services.delete_export import delete_export
from classifier.registry.services.start_export import start_export
from common.errors import Conflict, Invalid, Unprocessable

# Of the forms on the page; the one that begins has none.
_ACTIONS = ("", "again", "delete")


class ModelVersionExports(LoginRequiredMixin, View):
    """What a version can be exported as, and what was made of it."""

    def get(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        version = visible_version(request.user, version_id)
        offers = offers_of(version)
        refused: dict[str, list[str]] = {}
        for each in offers:
            if each.why_not and each.export is None:
                refused.setdefault(each.why_not, []).append(each.format.title)
        offered = [each for each in offers if each.export is not None or not each.why_not]
        context = {
            "version": version,
            "model": version.model,
            "offers": offered,
            "refused": [(", ".join(titles), why) for why, titles in refused.items()],
            "programs": [
                (each.format, program_of(each.format))
                for each in offered
                if each.export is not None and each.export.file is not None
            ],
            "under_way": any(each.export and each.export.under_way for each in offered),
            "can_edit": can_edit(request, version.model),
        }
        return render(request, "classifier/registry/exports.html", context)

    def post(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        """Have a file made, made again, or deleted."""
        version = visible_version(request.user, version_id)
        wanted, action = request.POST.get("format", ""), request.POST.get("action", "")
        try:
            if wanted not in FORMATS:
                raise Invalid(f"format must be one of {', '.join(FORMATS)}; received {wanted!r}.")
            if action not in _ACTIONS:
                raise Invalid(f"action must be again, delete, or absent; received {action!r}.")
            if action == "delete":
                _delete(request, version, FORMATS[wanted])
            else:
                again = action == "again"
                start_export(user=request.user, version=version, format=wanted, again=again)
        except (Conflict, Invalid, Unprocessable) as error:
            messages.error(request, f"{error.detail} {error.hint}".strip())
        return redirect("classifier:model_version_exports", version_id)


def _delete(request: HttpRequest, version: ModelVersion, format: ExportFormat) -> None:
    export = visible_exports(request.user).filter(model_version=version, format=format.name).first()
    if export is None:
        raise Conflict(f"{format.title} of {version} is deleted already.")
    delete_export(user=request.user, export=export)
    messages.success(request, f"{format.title} was deleted.")
