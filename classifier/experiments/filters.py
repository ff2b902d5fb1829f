"""What the list of experiments may be filtered by."""

import django_filters

from classifier.experiments.services.plans.registry import PLANS
from classifier.models import Experiment
from jobs.models import Status


class ExperimentFilter(django_filters.FilterSet):
    """`kind, status, dataset_version, dataset, organization`."""

    kind = django_filters.ChoiceFilter(choices=[(name, name) for name in sorted(PLANS)])
    status = django_filters.ChoiceFilter(field_name="job__status", choices=Status.choices)
    dataset_version = django_filters.UUIDFilter()
    dataset = django_filters.UUIDFilter(field_name="dataset_version__dataset")
    organization = django_filters.CharFilter(field_name="organization__slug")

    class Meta:
        model = Experiment
        fields: list[str] = []
