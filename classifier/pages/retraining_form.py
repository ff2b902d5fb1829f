"""The form of a model's retraining rule."""

from typing import Any

from django import forms

from classifier.models import RetrainingRule
from classifier.retraining.serializers import MOST_DAYS, MOST_LABELS


class RetrainingForm(forms.Form):
    """When a retraining is drafted; what is left empty is off."""

    labels = forms.IntegerField(
        label="After so many new or corrected labels",
        required=False,
        min_value=1,
        max_value=MOST_LABELS,
        help_text="Counted in the dataset that the live version learned from, since then. "
        "Empty: not by labels.",
    )
    drift = forms.BooleanField(
        label="When its predictions have drifted",
        required=False,
        help_text="When a drift check of the live version finds drift.",
    )
    every_days = forms.IntegerField(
        label="Every so many days",
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        help_text="A date on which no label is new or corrected is skipped. Empty: no schedule.",
    )

    @classmethod
    def of(cls, rule: RetrainingRule | None) -> "RetrainingForm":
        """Return the form with what holds now."""
        if rule is None:
            return cls()
        return cls(
            initial={"labels": rule.labels, "drift": rule.drift, "every_days": rule.every_days}
        )

    def wish(self) -> dict[str, Any]:
        """Return what the service takes."""
        return dict(self.cleaned_data)
