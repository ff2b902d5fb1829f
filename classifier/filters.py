"""What lists may be filtered by."""

import django_filters
from django.db.models import QuerySet

from classifier.models import RegisteredModel, TrainingRun
from classifier.selectors.archived import listed
from common.filters import StrictBooleanFilter
from jobs.models import Status

__all__ = ["RegisteredModelFilter", "TrainingRunFilter"]


class _ArchivedFilter(django_filters.FilterSet):
    """Keeps to what is not archived, unless `archived` asks for what is."""

    archived = StrictBooleanFilter(
        method="nothing_yet", label="True lists what is archived, and nothing else."
    )

    def nothing_yet(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        """Leave it to `filter_queryset`, which is called without a value, too."""
        return queryset

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Return the rows that the list shows."""
        archived = bool(self.form.cleaned_data.get("archived"))
        return listed(super().filter_queryset(queryset), archived)


class TrainingRunFilter(_ArchivedFilter):
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


class RegisteredModelFilter(_ArchivedFilter):
    """`archived, organization, name`."""

    organization = django_filters.CharFilter(field_name="organization__slug")
    name = django_filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = RegisteredModel
        fields: list[str] = []
