"""What lists can be filtered by, and nothing else."""

from collections.abc import Mapping

import django_filters as filters
from django.db.models import QuerySet

from common.errors import FieldError, Forbidden, Invalid
from common.filters import StrictBooleanFilter
from common.sentences import listed
from datasets.models import (
    ClassLabel,
    FindingKind,
    Image,
    ImportItem,
    Outcome,
    QualityItem,
    Sample,
    Split,
    SplitName,
)
from datasets.models.image import ImageQuerySet
from datasets.selectors.certainty import ORDERINGS
from datasets.selectors.gallery import (
    MAX_METADATA,
    METADATA,
    came_with_class,
    labelled_by,
    metadata_in,
)
from datasets.selectors.quality import with_issue
from datasets.selectors.suggestions import with_suggested_class
from datasets.selectors.trash import restorable

# A reader of a shared dataset would learn by them who labelled what, and what is in the trash.
_OF_MEMBERS = (
    "suggested_class",
    "excluded",
    "issue",
    "labelled_by",
    "came_with_class",
    "ordering",
    "trash",
)


def require_shared_filters(query: Mapping[str, str]) -> None:
    """Let pass what readers of a shared dataset may filter by; raises `Forbidden`."""
    if asked := [name for name in _OF_MEMBERS if name in query]:
        raise Forbidden(
            f"{listed(asked)}: only members of the organization that shares this dataset may "
            "filter by that.",
            code="shared_read_only",
        )


class ImageFilter(filters.FilterSet):
    """Filters of images; they stack."""

    class_name = filters.CharFilter(field_name="class_label__name")
    suggested_class = filters.CharFilter(
        method="by_suggestion", label="Has no class, and this one is suggested"
    )
    split = filters.ChoiceFilter(choices=SplitName.choices)
    annotated = StrictBooleanFilter(
        field_name="class_label", lookup_expr="isnull", exclude=True, label="Has a class"
    )
    excluded = StrictBooleanFilter(
        field_name="excluded_at", lookup_expr="isnull", exclude=True, label="Left out of versions"
    )
    q = filters.CharFilter(method="by_name", label="Part of the name")
    issue = filters.ChoiceFilter(
        choices=FindingKind.choices, method="by_issue", label="What the quality report says"
    )
    labelled_by = filters.CharFilter(method="by_person", label="Username of who labelled it last")
    came_with_class = StrictBooleanFilter(
        method="by_origin", label="Has the class that it came with"
    )
    ordering = filters.ChoiceFilter(
        choices=[(each, each) for each in ORDERINGS],
        method="by_certainty",
        label="How sure the suggestion is, least certain first, or - surest first; images without "
        "one come after them, newest first. After a new fit the next page goes on from the same "
        "certainty: an image may come twice or not at all. Without it: newest first",
    )
    trash = StrictBooleanFilter(label="Those in the trash instead")

    class Meta:
        model = Image
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: ImageQuerySet) -> QuerySet[Image]:
        """Choose the trash or what is not in it, and apply `metadata.<column>=<value>`."""
        in_trash = self.form.cleaned_data.pop("trash")
        images = restorable(queryset) if in_trash else queryset.alive()
        if METADATA in self.data:
            detail = f"Name the column: {METADATA}<column>=<value>."
            raise Invalid(detail, errors=[FieldError(f"/{METADATA}", "no_column", detail)])
        if metadata := metadata_in(self.data.dict()):
            images = images.filter(metadata__contains=dict(_few(metadata)))
        return super().filter_queryset(images)

    def by_name(self, queryset: QuerySet[Image], name: str, value: str) -> QuerySet[Image]:
        """Keep images whose name contains the text."""
        return queryset.filter(name__icontains=value)

    def by_suggestion(self, queryset: QuerySet[Image], name: str, value: str) -> QuerySet[Image]:
        """Keep images without a class of which this one is suggested."""
        dataset_id = self.request.parser_context["kwargs"]["dataset_id"]
        return with_suggested_class(queryset, dataset_id, value)

    def by_certainty(self, queryset: QuerySet[Image], name: str, value: str) -> QuerySet[Image]:
        """Leave it to the pagination."""
        return queryset

    def by_issue(self, queryset: QuerySet[Image], name: str, value: str) -> QuerySet[Image]:
        """Keep images that an open finding of the kind is about."""
        return with_issue(queryset, self.request.parser_context["kwargs"]["dataset_id"], value)

    def by_person(self, queryset: QuerySet[Image], name: str, value: str) -> QuerySet[Image]:
        """Keep images that this person labelled last."""
        return labelled_by(queryset, value)

    def by_origin(self, queryset: QuerySet[Image], name: str, value: bool) -> QuerySet[Image]:
        """Keep images that have the class that they came with, or all others."""
        return came_with_class(queryset, value)


def _few(metadata: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    if len(metadata) > MAX_METADATA:
        detail = f"{MAX_METADATA} columns of metadata may be asked for; received {len(metadata)}."
        raise Invalid(detail, errors=[FieldError(f"/{METADATA}", "too_many", detail)])
    return metadata


class ClassFilter(filters.FilterSet):
    """Filters of classes."""

    name = filters.CharFilter(lookup_expr="iexact", label="The whole name, in any case")

    class Meta:
        model = ClassLabel
        fields: tuple[str, ...] = ()


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
