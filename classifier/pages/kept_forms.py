"""Forms of the pages of kept predictions."""

from typing import Any

from django import forms

from accounts.models import User
from accounts.roles import Role
from classifier.models import KeptPrediction
from classifier.prediction.services.set_keeping import (
    LEAST_BYTES,
    MOST_BYTES,
    MOST_DAYS,
    WhatIsThere,
)
from common.forms import TextField
from datasets.models import Dataset

MIB = 1 << 20


class KeepForm(forms.Form):
    """For how long, and in how much room."""

    days = forms.IntegerField(
        min_value=1, max_value=MOST_DAYS, label="Keep each image for (days)", initial=30
    )
    mebibytes = forms.IntegerField(
        min_value=LEAST_BYTES // MIB,
        max_value=MOST_BYTES // MIB,
        label="Room for all images (MiB)",
        initial=1024,
        help_text="Counts as used storage while keeping is on. When it is full, the oldest go.",
    )


class StopForm(forms.Form):
    """What becomes of the images that are there."""

    what_is_there = forms.ChoiceField(
        label="The images that are kept now",
        widget=forms.RadioSelect,
        choices=[
            (WhatIsThere.EXPIRE.value, "stay until their time is over"),
            (WhatIsThere.DELETE.value, "are deleted now, with their answers and feedback"),
        ],
    )


class FeedbackForm(forms.Form):
    """The true class of a prediction, and the dataset that its image goes to."""

    class_name = TextField(
        max_length=200, label="True class", widget=forms.TextInput({"list": "class-names"})
    )
    add_to_dataset = forms.ModelChoiceField(
        queryset=Dataset.objects.none(),
        required=False,
        label="Add the image to",
        empty_label="no dataset",
    )

    def __init__(self, user: User, kept: KeptPrediction, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["add_to_dataset"]
        rows = Dataset.objects.for_user(user, Role.EDITOR)
        field.queryset = rows.filter(organization=kept.organization, deleted_at=None).order_by(
            "name"
        )
