"""The page of an evaluation report."""

import uuid

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from classifier.evaluation.selectors.reports import shows_images, visible_report
from classifier.evaluation.selectors.verdicts import verdict_of_report
from classifier.evaluation.selectors.with_and_without import with_and_without
from classifier.evaluation.services.start_robustness import start_robustness
from classifier.pages.forms import RobustnessForm
from classifier.pages.selectors.report_detail import report_detail
from classifier.registry.selectors.fast_mode import fast_mode_of
from classifier.registry.selectors.models import opens
from classifier.registry.selectors.standing import standing_of
from common.errors import Conflict
from common.page_query import KnownQuery
from datasets.selectors.forgotten import forgotten_in
from datasets.selectors.versions import leaks_of
from jobs.selectors.panels import job_panel


class EvaluationPage(LoginRequiredMixin, KnownQuery):
    """One report; live until its numbers are there."""

    query_parameters = ("q", "sort", "page", "class")

    def get(self, request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
        report = visible_report(request.user, report_id)
        run = report.model_version.training_run
        own = run is not None and run.job_id == report.job_id
        context = {
            "report": report,
            "beside": with_and_without(run) if run and own else None,
            "panel": job_panel(request.user, report.job, "Evaluation"),
            "detail": report_detail(report, request.GET.dict()),
            "verdict": verdict_of_report(report),
            # What a shared model's gate and its fast mode say, its owners alone are told.
            "standing": None if report.of_shared_model else standing_of(report.model_version),
            "fast_mode": None if report.of_shared_model else fast_mode_of(report.model_version),
            "shows_images": shows_images(report),
            "model_opens": opens(request.user, report.model_version),
            "leaks": leaks_of(report.dataset_version),
            "forgotten": forgotten_in(report.dataset_version, report.split_enum),
        }
        return render(request, "classifier/evaluation/evaluation.html", context)


class EvaluationRobustness(LoginRequiredMixin, View):
    """Has a report's model asked about worse images."""

    def post(self, request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
        report = visible_report(request.user, report_id)
        form = RobustnessForm(request.POST)
        if form.is_valid():
            try:
                start_robustness(
                    user=request.user, report=report, images=form.cleaned_data["images"]
                )
            except Conflict as error:
                messages.error(request, error.detail)
        else:
            messages.error(request, f"Images: {form.errors['images'][0]}")
        return redirect(f"{reverse('classifier:evaluation', args=[report_id])}#robustness")
