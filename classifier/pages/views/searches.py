"""What the pages of searches have beside those of all experiments."""

import uuid

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from classifier.experiments.selectors.experiments import visible_experiment
from classifier.experiments.services.retrain import retrain
from classifier.pages.experiment_kinds.search import space_around
from classifier.training.selectors.runs import visible_runs
from common.errors import DomainError, Forbidden, NotFound
from common.ids import id_in


class SearchSpace(LoginRequiredMixin, View):
    """What may vary of another preset, for htmx."""

    def get(self, request: HttpRequest) -> HttpResponse:
        run = visible_runs(request.user).filter(pk=id_in(request.GET.get("run"))).first()
        space = space_around(
            request.user,
            preset=request.GET.get("preset", ""),
            version=request.GET.get("dataset_version", ""),
            run=run,
        )
        return render(
            request, "classifier/experiments/search_space.html", {"form": {"space": space}}
        )


class ExperimentRetrain(LoginRequiredMixin, View):
    """Trains the best settings of a search as a run like any other."""

    def post(self, request: HttpRequest, experiment_id: uuid.UUID) -> HttpResponse:
        experiment = visible_experiment(request.user, experiment_id)
        try:
            run = retrain(user=request.user, experiment=experiment)
        except DomainError as error:
            if isinstance(error, NotFound | Forbidden):
                raise
            messages.error(request, f"{error.detail} {error.hint}".strip())
            return redirect("classifier:experiment", experiment_id)
        return redirect("classifier:run", run.pk)
