"""What lists may be filtered by."""

import django_filters

from classifier.models import RegisteredModel, TrainingRun
from jobs.models import Status

__all__ = ["RegisteredModelFilter", "TrainingRunFilter"]


class TrainingRunFilter(django_filters.FilterSet):
    """`status, preset, dataset_version, dataset, model, organization`."""

    status = django_filters.ChoiceFilter(field_name="job__status", choices=Status.choices)
    preset = django_filters.CharFilter()
    dataset_version = django_filters.UUIDFilter()
    dataset = django_filters.UUIDFilter(field_name="dataset_version__dataset")
    model = django_filters.UUIDFilter()
    organization = django_filters.CharFilter(field_name="organization__slug")

    class Meta:
        model = TrainingRun
        fields: list[str] = []


class RegisteredModelFilter(django_filters.FilterSet):
    """`organization, name`."""

    organization = django_filters.CharFilter(field_name="organization__slug")
    name = django_filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = RegisteredModel
        fields: list[str] = []
