"""What the list of models may be filtered by."""

import django_filters
from django.db.models import QuerySet

from classifier.models import RegisteredModel
from classifier.models.archived import listed
from common.filters import StrictBooleanFilter


class ArchivedFilter(django_filters.FilterSet):
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


class RegisteredModelFilter(ArchivedFilter):
    """`archived, organization, name`."""

    organization = django_filters.CharFilter(field_name="organization__slug")
    name = django_filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = RegisteredModel
        fields: list[str] = []
