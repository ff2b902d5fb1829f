"""What lists of kept predictions may be filtered by."""

import re
from datetime import datetime

import django_filters
from django import forms
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field

from classifier.engine.measure.decision import ACCEPT, REVIEW, UNKNOWN
from classifier.models import KeptPrediction
from common.filters import MomentFilter

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
CORRECT, WRONG, NONE = "correct", "wrong", "none"
# Of an answer without a decision.
NO_DECISION = "none"
DECISIONS = (ACCEPT, REVIEW, UNKNOWN, NO_DECISION)
FEEDBACKS = (CORRECT, WRONG, NONE)


class WholeNumberFilter(django_filters.NumberFilter):
    """A filter by a whole number: 1.5 is refused, not cut to 1."""

    field_class = forms.IntegerField


class KeptPredictionFilter(django_filters.FilterSet):
    """`organization, model, version, class_name, decision, feedback`, confidence and time."""

    organization = django_filters.CharFilter(field_name="organization__slug")
    model = django_filters.UUIDFilter(field_name="model_version__model", label="A model's id.")
    version = extend_schema_field({"type": "integer", "minimum": 1, "maximum": 2**31 - 1})(
        WholeNumberFilter(
            field_name="model_version__number",
            min_value=1,
            max_value=2**31 - 1,
            label="A version's number; together with `model`.",
        )
    )
    class_name = django_filters.CharFilter(
        field_name="class_name", label="The most probable class of the answer."
    )
    decision = django_filters.ChoiceFilter(
        choices=[(each, each) for each in DECISIONS],
        method="by_decision",
        null_label=None,
    )
    feedback = django_filters.ChoiceFilter(
        choices=[(each, each) for each in FEEDBACKS],
        method="by_feedback",
        null_label=None,
    )
    confidence_min = django_filters.NumberFilter(
        field_name="confidence", lookup_expr="gte", label="Of the most probable class, 0 to 1."
    )
    confidence_max = django_filters.NumberFilter(
        field_name="confidence", lookup_expr="lte", label="Of the most probable class, 0 to 1."
    )
    since = MomentFilter(
        field_name="created_at", lookup_expr="gte", label="A time, or a day from its beginning."
    )
    until = MomentFilter(
        method="by_end", label="A time, or a day, which is meant as a whole (UTC)."
    )

    def by_decision(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Return the rows with this decision; `none` are those without."""
        return queryset.filter(decision="" if value == NO_DECISION else value)

    def by_feedback(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Return the rows whose answer was right, was wrong, or has no feedback."""
        if value == NONE:
            return queryset.filter(prediction__feedback=None)
        return queryset.filter(prediction__feedback__correct=value == CORRECT)

    def by_end(self, queryset: QuerySet, name: str, value: datetime) -> QuerySet:
        """Return the rows of until then; of a day, the rows of all of it."""
        if _DAY.fullmatch(self.data[name].strip()):
            value = value.replace(hour=23, minute=59, second=59, microsecond=999_999)
        return queryset.filter(created_at__lte=value)

    class Meta:
        model = KeptPrediction
        fields: list[str] = []
