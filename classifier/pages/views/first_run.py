"""What goes on by itself with a new dataset: the card on its pages, and what its buttons do."""

import uuid

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from accounts.roles import Role
from classifier.models import FirstRun
from classifier.training.selectors.first_runs import first_run_of, planned_first_run
from classifier.training.services.first_run import (
    go_on,
    images_are_in,
    plan_first_run,
    stop_first_run,
)
from datasets.models import Dataset
from datasets.selectors.datasets import visible_dataset

STEPS = {"ready": images_are_in, "stop": stop_first_run, "go-on": go_on}


class FirstRunCard(LoginRequiredMixin, View):
    """The card, as a fragment for htmx; a POST plans the first run of a new dataset."""

    def get(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        visible_dataset(request.user, dataset_id)
        return _card(request, first_run_of(request.user, dataset_id))

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        dataset = visible_dataset(request.user, dataset_id)
        plan_first_run(user=request.user, dataset=dataset)
        return _card(request, first_run_of(request.user, dataset_id), status=201)


class FirstRunStep(LoginRequiredMixin, View):
    """One step: `ready` (all images are uploaded), `stop`, `go-on`."""

    step = ""

    def post(self, request: HttpRequest, dataset_id: uuid.UUID) -> HttpResponse:
        planned = planned_first_run(request.user, dataset_id)
        STEPS[self.step](user=request.user, planned=planned)
        return _card(request, first_run_of(request.user, dataset_id))


def _card(request: HttpRequest, planned: FirstRun | None, status: int = 200) -> HttpResponse:
    editable = Dataset.objects.for_user(request.user, Role.EDITOR)
    may_edit = planned is not None and editable.filter(pk=planned.dataset_id).exists()
    context = {"planned": planned, "may_edit": may_edit}
    return render(request, "classifier/training/first_run_card.html", context, status=status)
