"""What the list of drafts may be filtered by."""

import django_filters

from classifier.models import DraftStatus, RetrainingDraft


class RetrainingDraftFilter(django_filters.FilterSet):
    """`model, status`."""

    model = django_filters.UUIDFilter(field_name="model")
    status = django_filters.ChoiceFilter(choices=DraftStatus.choices)

    class Meta:
        model = RetrainingDraft
        fields: list[str] = []
