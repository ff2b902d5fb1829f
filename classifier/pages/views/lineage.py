"""What came from what, as a picture: of a dataset version, a run or a model version."""

import uuid
from abc import abstractmethod
from typing import ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from accounts.models import User
from classifier.lineage.selectors.graph import Graph
from classifier.lineage.selectors.lineage import (
    lineage_of_dataset_version,
    lineage_of_model_version,
    lineage_of_run,
)
from classifier.pages.selectors.lineage_picture import picture_of
from classifier.registry.selectors.models import visible_version as visible_model_version
from classifier.training.selectors.runs import visible_run
from common.requests import HtmxRequest
from datasets.selectors.versions import visible_version


class LineagePage(LoginRequiredMixin, View):
    """A page of its own; for htmx the picture alone, which other pages open in place."""

    back: ClassVar[str]
    noun: ClassVar[str]

    def get(self, request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
        title, graph = self.found(request.user, pk)
        context = {"picture": picture_of(graph), "noun": self.noun}
        if request.htmx:
            return render(request, "classifier/lineage/picture.html", context)
        context |= {"title": title, "back_url": reverse(self.back, args=[pk])}
        return render(request, "classifier/lineage/page.html", context)

    @abstractmethod
    def found(self, user: User, pk: uuid.UUID) -> tuple[str, Graph]:
        """Return what the lineage is of, and the lineage; raises `NotFound`."""


class DatasetVersionLineage(LineagePage):
    """Of a dataset version."""

    back, noun = "datasets:version", "dataset version"

    def found(self, user: User, pk: uuid.UUID) -> tuple[str, Graph]:
        """Return the version's name and lineage."""
        version = visible_version(user, pk)
        return str(version), lineage_of_dataset_version(user, version)


class RunLineage(LineagePage):
    """Of a training run."""

    back, noun = "classifier:run", "run"

    def found(self, user: User, pk: uuid.UUID) -> tuple[str, Graph]:
        """Return the run's name and lineage."""
        run = visible_run(user, pk)
        return run.name, lineage_of_run(user, run)


class ModelVersionLineage(LineagePage):
    """Of a model version."""

    back, noun = "classifier:model_version", "model version"

    def found(self, user: User, pk: uuid.UUID) -> tuple[str, Graph]:
        """Return the version's name and lineage."""
        version = visible_model_version(user, pk)
        return str(version), lineage_of_model_version(user, version)
