"""What lists can be filtered by, and nothing else."""

import django_filters as filters
from django.db.models import QuerySet

from datasets.models import (
    FindingKind,
    Image,
    ImportItem,
    Outcome,
    QualityItem,
    Sample,
    Split,
    SplitName,
)
from datasets.selectors.quality import with_issue


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
    issue = filters.ChoiceFilter(
        choices=FindingKind.choices, method="by_issue", label="What the quality report says"
    )

    class Meta:
        model = Image
        fields: tuple[str, ...] = ()

    def by_name(self, queryset: QuerySet[Image], name: str, value: str) -> QuerySet[Image]:
        """Keep images whose name contains the text."""
        return queryset.filter(name__icontains=value)

    def by_issue(self, queryset: QuerySet[Image], name: str, value: str) -> QuerySet[Image]:
        """Keep images that an open finding of the kind is about."""
        return with_issue(queryset, self.request.parser_context["kwargs"]["dataset_id"], value)


class QualityItemFilter(filters.FilterSet):
    """Filters of what a quality report asks people to decide."""

    kind = filters.ChoiceFilter(choices=FindingKind.choices, required=True)

    class Meta:
        model = QualityItem
        fields: tuple[str, ...] = ()


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
