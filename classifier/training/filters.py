"""What the list of runs may be filtered by."""

import django_filters
from django.db.models import QuerySet

from classifier.models import TrainingRun
from classifier.registry.filters import ArchivedFilter
from jobs.models import Status


class TrainingRunFilter(ArchivedFilter):
    """`archived, status, preset, dataset_version, dataset, model, organization, experiment`.

    The runs of experiments are listed with `experiment` alone.
    """

    status = django_filters.ChoiceFilter(field_name="job__status", choices=Status.choices)
    preset = django_filters.CharFilter()
    dataset_version = django_filters.UUIDFilter()
    dataset = django_filters.UUIDFilter(field_name="dataset_version__dataset")
    model = django_filters.UUIDFilter()
    organization = django_filters.CharFilter(field_name="organization__slug")
    experiment = django_filters.UUIDFilter(
        field_name="member__experiment", label="The runs of this experiment, which others hide."
    )

    class Meta:
        model = TrainingRun
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Return the rows that the list shows."""
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("experiment") else found.filter(member=None)
