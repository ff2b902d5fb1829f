"""Pages about experiments."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from accounts.roles import Role
from classifier.experiments.selectors.dependents import dependents_of_experiment
from classifier.experiments.selectors.experiments import visible_experiment, visible_experiments
from classifier.experiments.selectors.left_out import told_of
from classifier.experiments.services.manage_experiment import delete_experiment
from classifier.experiments.services.plans.registry import PLANS
from classifier.experiments.services.start_experiment import start_experiment
from classifier.models import Experiment
from classifier.pages.experiment_kinds.page import ExperimentForm
from classifier.pages.experiment_kinds.registry import KIND_PAGES
from classifier.pages.forms import add_field_errors
from classifier.training.selectors.trainable import trainable_versions
from common.errors import Conflict, DomainError, Invalid, NotFound
from common.page_query import KnownQuery, one_of
from jobs.selectors.panels import job_panel

PAGE_SIZE = 30
# Trials of a search that its page lists at a time.
TRIALS = 100


class ExperimentList(LoginRequiredMixin, KnownQuery):
    """The experiments of the person's organizations."""

    query_parameters = ("kind", "page")

    def get(self, request: HttpRequest) -> HttpResponse:
        everything = visible_experiments(request.user)
        kind = one_of("kind", request.GET.get("kind", ""), PLANS)
        experiments = everything.filter(kind=kind) if kind else everything
        page = Paginator(experiments, PAGE_SIZE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "rows": [
                {
                    "experiment": each,
                    "plan": PLANS[each.kind],
                    "headline": KIND_PAGES[each.kind].headline(each),
                }
                for each in page
                if each.kind in PLANS
            ],
            "kind": kind,
            "plans": list(PLANS.values()),
            "has_any": everything.exists(),
            "has_versions": trainable_versions(request.user).exists(),
        }
        return render(request, "classifier/experiments/list.html", context)


class NewExperiment(LoginRequiredMixin, View):
    """Which kind it is to be."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "plans": list(PLANS.values()),
            "has_versions": trainable_versions(request.user).exists(),
            "query": request.GET.urlencode(),
        }
        return render(request, "classifier/experiments/choose.html", context)


class NewExperimentOfKind(LoginRequiredMixin, View):
    """What the kind is to be asked."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        form_class = _form_of(kind)
        form = form_class(request, initial=form_class.initial_of(request))
        return _form_page(request, kind, form)

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        form = _form_of(kind)(request, request.POST)
        if form.is_valid():
            try:
                experiment = start_experiment(
                    user=request.user,
                    kind=kind,
                    dataset_version=form.cleaned_data["dataset_version"],
                    name=form.cleaned_data["name"],
                    values=form.values(),
                )
            except Invalid as error:
                add_field_errors(error, form)
            except DomainError as error:
                if isinstance(error, NotFound):
                    raise
                form.add_error(None, f"{error.detail} {error.hint}".strip())
            else:
                return redirect("classifier:experiment", experiment.pk)
        return _form_page(request, kind, form, status=422)


class ExperimentPage(LoginRequiredMixin, KnownQuery):
    """One experiment, live while it runs; `page` is of a search's trials."""

    query_parameters = ("page",)

    def get(self, request: HttpRequest, experiment_id: uuid.UUID) -> HttpResponse:
        experiment = visible_experiment(request.user, experiment_id)
        may_delete = Experiment.objects.for_user(request.user, Role.ADMIN)
        may_retrain = Experiment.objects.for_user(request.user, Role.EDITOR)
        shown = KIND_PAGES[experiment.kind].shown(experiment)
        context = {
            "experiment": experiment,
            "plan": PLANS[experiment.kind],
            "panel": job_panel(request.user, experiment.job, PLANS[experiment.kind].title),
            "active": not experiment.job.is_terminal,
            "left_out": told_of(experiment),
            "shown": shown,
            "trials": Paginator(shown.get("rows", ()), TRIALS).get_page(request.GET.get("page")),
            "result_template": f"classifier/experiments/kinds/{experiment.kind}.html",
            "dependents": dependents_of_experiment(experiment),
            "may_retrain": may_retrain.filter(pk=experiment.pk).exists(),
            "may_delete": may_delete.filter(pk=experiment.pk).exists(),
        }
        return render(request, "classifier/experiments/experiment.html", context)


class ExperimentDelete(LoginRequiredMixin, View):
    """For ever."""

    def post(self, request: HttpRequest, experiment_id: uuid.UUID) -> HttpResponse:
        experiment = visible_experiment(request.user, experiment_id)
        try:
            delete_experiment(user=request.user, experiment=experiment)
        except Conflict as error:
            messages.error(request, error.detail)
            return redirect("classifier:experiment", experiment_id)
        messages.success(request, f"{experiment} is deleted.")
        return redirect("classifier:experiment_list")


def _form_of(kind: str) -> type[ExperimentForm]:
    if kind not in KIND_PAGES:
        raise NotFound("There is no such kind of experiment.")
    return KIND_PAGES[kind].form


def _form_page(
    request: HttpRequest, kind: str, form: ExperimentForm, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "plan": PLANS[kind],
        "has_versions": trainable_versions(request.user).exists(),
    }
    return render(request, "classifier/experiments/new.html", context, status=status)
