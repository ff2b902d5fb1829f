"""Two reports side by side: choose the other one, have it made, see what each model gets right."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from classifier.evaluation.selectors.comparison import compare_reports
from classifier.evaluation.selectors.reports import require_images, visible_report
from classifier.evaluation.services.start_evaluation import start_evaluation
from classifier.models import ReportAnswers
from classifier.pages.selectors.comparable import candidates, report_under_way
from classifier.pages.selectors.mistakes import may_change
from classifier.pages.selectors.report_comparison import comparison_page
from classifier.registry.selectors.models import opens, visible_version
from common.errors import Conflict, Unprocessable
from common.ids import id_in
from common.page_query import KnownQuery
from jobs.selectors.panels import job_panel


class ReportComparison(LoginRequiredMixin, KnownQuery):
    """A report against the one that the address names; without it, what there is to choose."""

    query_parameters = ("against", "q", "which", "class_name", "column", "value", "heat", "page")

    def get(self, request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
        report = visible_report(request.user, report_id)
        require_images(report)
        crumbs = {"model_opens": opens(request.user, report.model_version)}
        if "against" not in request.GET:
            context: dict[str, Any] = {
                **crumbs,
                "report": report,
                "found": candidates(request.user, report, request.GET.get("q", "")),
                "can_edit": may_change(request.user, report),
                "has_answers": ReportAnswers.objects.filter(report=report).exists(),
            }
            return render(request, "classifier/evaluation/choose_comparison.html", context)
        other = visible_report(request.user, id_in(request.GET["against"]))
        waits = next((each for each in (report, other) if not each.measured), None)
        if waits is not None:
            context = {
                **crumbs,
                "report": report,
                "other": other,
                "panel": job_panel(request.user, waits.job, "Evaluation"),
            }
            return render(request, "classifier/evaluation/comparison_waits.html", context)
        page = comparison_page(compare_reports(report, other), request.GET.dict())
        context = {**crumbs, "page": page}
        return render(request, "classifier/evaluation/comparison.html", context)

    def post(self, request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
        """Measure another version on the same images; the comparison stands there when it ends."""
        report = visible_report(request.user, report_id)
        require_images(report)
        version = visible_version(request.user, id_in(request.POST.get("version")))
        here = reverse("classifier:report_comparison", args=[report.pk])
        begun = report_under_way(request.user, report, version)
        if begun is not None:
            return redirect(f"{here}?{urlencode({'against': begun.pk})}")
        try:
            other = start_evaluation(
                user=request.user,
                model_version=version,
                dataset_version=report.dataset_version,
                split=report.split_enum,
            )
        except (Conflict, Unprocessable) as error:
            messages.error(request, error.detail)
            return redirect(here)
        return redirect(f"{here}?{urlencode({'against': other.pk})}")
