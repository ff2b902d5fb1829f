"""The forms of the review queue: which part of it, and what goes in."""

from typing import Any

from django import forms

from accounts.models import User
from accounts.roles import Role
from classifier.models import RegisteredModel, ReviewKind
from datasets.models import Dataset

OF_A_DATASET = (ReviewKind.UNLABELLED, ReviewKind.LABEL_ERRORS)


class SelectionForm(forms.Form):
    """What a person puts into the queue; batches are sent from their own page.

    The page shows the dataset or the model, as the kind needs it, and only that one is required.
    """

    use_required_attribute = False
    kind = forms.ChoiceField(
        label="What",
        choices=[
            (ReviewKind.UNLABELLED, "Images of a dataset that have no class"),
            (ReviewKind.LABEL_ERRORS, "Images of a dataset whose class looks wrong"),
            (ReviewKind.PREDICTIONS, "Doubtful predictions that are kept of a model"),
        ],
        widget=forms.RadioSelect,
        initial=ReviewKind.UNLABELLED,
    )
    dataset = forms.ModelChoiceField(
        queryset=Dataset.objects.none(),
        empty_label="Choose a dataset",
        error_messages={"required": "Choose a dataset."},
    )
    model = forms.ModelChoiceField(
        queryset=RegisteredModel.objects.none(),
        empty_label="Choose a model",
        help_text="Doubtful are predictions whose decision is review or unknown.",
        error_messages={"required": "Choose a model."},
    )
    confidence = forms.FloatField(
        label="Confidence below, in percent",
        required=False,
        min_value=1,
        max_value=100,
        help_text="For predictions without a decision: they are doubtful below this. Left empty, "
        "they are left out.",
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        datasets = Dataset.objects.for_user(user, Role.EDITOR).alive().order_by("name")
        looking_on = user.memberships.filter(role=Role.VIEWER).values("organization")
        models = RegisteredModel.objects.for_reader(user).exclude(organization__in=looking_on)
        models = models.filter(archived_at=None).order_by("name")
        self.fields["dataset"].queryset = datasets  # type: ignore[attr-defined]
        self.fields["model"].queryset = models  # type: ignore[attr-defined]
        if self.is_bound:
            for name in self._beside():
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Pass over what the kind does not need."""
        for name in self._beside():
            self.errors.pop(name, None)
        return self.cleaned_data

    def _beside(self) -> tuple[str, ...]:
        """Return the fields that the kind does not need, which the page does not show."""
        of_a_dataset = self.data.get("kind") in OF_A_DATASET
        return ("model", "confidence") if of_a_dataset else ("dataset",)


class BatchReviewForm(forms.Form):
    """From which confidence on an answer of a batch is not doubtful, where nothing was decided."""

    confidence = forms.FloatField(
        label="Confidence below, in percent", required=False, min_value=1, max_value=100
    )

    def share(self) -> float | None:
        """Return it from 0 to 1; None where the person gave none."""
        percent = self.cleaned_data["confidence"]
        return None if percent is None else percent / 100
