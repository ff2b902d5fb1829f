"""A part of a dataset version's page: which classes its subgroups have."""

import uuid

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from classifier.evaluation.selectors.label_rates import version_label_rates
from classifier.training.selectors.trainable import trainable_versions
from datasets.selectors.versions import visible_version

# A table with more columns than this is read by no one: the sentences name what differs.
MOST_CLASSES = 10


class VersionLabelRates(LoginRequiredMixin, View):
    """Subgroups by class, fetched when the page is there: it reads every sample."""

    def get(self, request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
        version = visible_version(request.user, version_id)
        context = {
            "version": version,
            "columns": version_label_rates(version),
            "may_train": trainable_versions(request.user).filter(pk=version.pk).exists(),
            "as_table": len(version.class_names) <= MOST_CLASSES,
        }
        return render(request, "classifier/evaluation/label_rates.html", context)
