"""What the review queue may be filtered by."""

import django_filters

from classifier.models import ReviewItem, ReviewKind
from classifier.review.selectors.items import ORDERS, UNCERTAINTY


class ReviewItemFilter(django_filters.FilterSet):
    """`model, dataset, reason, organization, order`."""

    model = django_filters.UUIDFilter(field_name="model", label="What a model has doubts about.")
    dataset = django_filters.UUIDFilter(field_name="dataset", label="Images of a dataset.")
    reason = django_filters.ChoiceFilter(choices=ReviewKind.choices)
    organization = django_filters.CharFilter(field_name="organization__slug")
    order = django_filters.ChoiceFilter(
        choices=[(each, each) for each in ORDERS],
        method="by_order",
        label=f"What comes first: {' or '.join(ORDERS)}; {UNCERTAINTY} unless told.",
    )

    def by_order(self, queryset, name, value):
        """Leave it to the pages, which go by it."""
        return queryset

    class Meta:
        model = ReviewItem
        fields: list[str] = []
