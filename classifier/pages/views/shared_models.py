"""Pages about models of another organization, which shares them: to ask and to evaluate."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.selectors.sharing import may_copy
from classifier.evaluation.selectors.reports import visible_reports
from classifier.models import EvaluationReport, ModelVersion, RegisteredModel
from classifier.pages.forms import EvaluateForm
from classifier.registry.selectors.availability import live_version
from classifier.registry.selectors.models import readable_versions
from datasets.models import Split


def shared_model(request: HttpRequest, model: RegisteredModel) -> HttpResponse:
    """Return the page of a model: its versions, and how the readers' own reports judge them."""
    versions = list(readable_versions(request.user).filter(model=model).order_by("-number"))
    reports = _own_reports(request, versions)
    aliases: dict[uuid.UUID, list[str]] = {}
    for pointer in model.alias_set.all():
        aliases.setdefault(pointer.version_id, []).append(pointer.alias)
    rows = [
        {"version": each, "report": reports.get(each.pk), "aliases": aliases.get(each.pk, [])}
        for each in versions
    ]
    context = {"model": model, "rows": rows, "live": live_version(model)}
    return render(request, "classifier/registry/shared_model.html", context)


def shared_version(
    request: HttpRequest, version: ModelVersion, form: EvaluateForm, status: int = 200
) -> HttpResponse:
    """Return the page of a version, with the form that evaluates it on images of one's own."""
    context = {
        "version": version,
        "model": version.model,
        "reports": list(visible_reports(request.user).filter(model_version=version).summarized()),
        "form": form,
        "may_copy": may_copy(request.user, version.model.subject),
        "can_evaluate": form.fields["dataset_version"].queryset.exists(),  # type: ignore[attr-defined]
    }
    return render(request, "classifier/registry/shared_version.html", context, status=status)


def _own_reports(
    request: HttpRequest, versions: list[ModelVersion]
) -> dict[uuid.UUID, EvaluationReport]:
    """Return the newest finished report on a test split that the readers made of each version."""
    found: dict[uuid.UUID, EvaluationReport] = {}
    reports = visible_reports(request.user).filter(
        model_version__in=versions, split=Split.TEST, metrics__isnull=False, class_mapping={}
    )
    for report in reports.summarized():
        found.setdefault(report.model_version_id, report)
    return found
