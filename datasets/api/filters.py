"""What lists can be filtered by, and nothing else."""

import django_filters as filters
from django.db.models import QuerySet

from datasets.models import Image, ImportItem, Outcome, Sample, Split, SplitName


class ImageFilter(filters.FilterSet):
    """Filters of images; they stack."""

    class_name = filters.CharFilter(field_name="class_label__name")
    split = filters.ChoiceFilter(choices=SplitName.choices)
    annotated = filters.BooleanFilter(
        field_name="class_label", lookup_expr="isnull", exclude=True, label="Has a class"
    )
    excluded = filters.BooleanFilter(
        field_name="excluded_at", lookup_expr="isnull", exclude=True, label="Left out of versions"
    )
    q = filters.CharFilter(method="by_name", label="Part of the name")

    class Meta:
        model = Image
        fields: tuple[str, ...] = ()

    def by_name(self, queryset: QuerySet[Image], name: str, value: str) -> QuerySet[Image]:
        """Keep images whose name contains the text."""
        return queryset.filter(name__icontains=value)


class ImportItemFilter(filters.FilterSet):
    """Filters of an import's report."""

    outcome = filters.ChoiceFilter(choices=Outcome.choices)

    class Meta:
        model = ImportItem
        fields: tuple[str, ...] = ()


class SampleFilter(filters.FilterSet):
    """Filters of a version's samples."""

    split = filters.ChoiceFilter(choices=SplitName.choices, method="by_split")

    class Meta:
        model = Sample
        fields: tuple[str, ...] = ()

    def by_split(self, queryset: QuerySet[Sample], name: str, value: str) -> QuerySet[Sample]:
        """Keep the samples of one split."""
        return queryset.filter(split=Split[value.upper()])
