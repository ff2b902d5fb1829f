"""What the list of runs may be filtered by."""

import django_filters

from classifier.models import TrainingRun
from classifier.registry.filters import ArchivedFilter
from jobs.models import Status


class TrainingRunFilter(ArchivedFilter):
    """`archived, status, preset, dataset_version, dataset, model, organization`."""

    status = django_filters.ChoiceFilter(field_name="job__status", choices=Status.choices)
    preset = django_filters.CharFilter()
    dataset_version = django_filters.UUIDFilter()
    dataset = django_filters.UUIDFilter(field_name="dataset_version__dataset")
    model = django_filters.UUIDFilter()
    organization = django_filters.CharFilter(field_name="organization__slug")

    class Meta:
        model = TrainingRun
        fields: list[str] = []
