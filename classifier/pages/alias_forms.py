"""Forms of the pages of models and versions: aliases, the way back, notes."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict

from classifier.models import ModelVersion
from classifier.registry.services.note_version import (
    LONGEST_NOTE,
    LONGEST_TAG,
    MOST_TAGS,
    SEPARATOR,
)
from common.forms import TextField

# Longer than any alias: what is too long is refused with the service's sentence.
_MOST_TYPED = 200


class RollbackForm(forms.Form):
    """Which version the page shows as live, why it must go, and whether whatever the gate says."""

    previous = forms.IntegerField(min_value=1)
    reason = TextField(max_length=500, required=False)
    override = forms.BooleanField(required=False)


class AliasForm(forms.Form):
    """Which alias points at which version, and why."""

    alias = TextField(
        max_length=_MOST_TYPED,
        widget=forms.TextInput({"list": "alias-names", "autocapitalize": "none"}),
        help_text="A name that programs ask for: challenger, or one of your own.",
    )
    version = forms.ChoiceField()
    reason = TextField(max_length=500, required=False)

    def __init__(
        self, versions: Iterable[ModelVersion], data: QueryDict | None = None, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.fields["version"].choices = [  # type: ignore[attr-defined]
            (str(version.number), f"Version {version.number}") for version in versions
        ]


class NoteForm(forms.Form):
    """What people say of a version."""

    tags = TextField(
        required=False,
        max_length=MOST_TAGS * (LONGEST_TAG + 2),
        help_text=f"Separated by commas, up to {MOST_TAGS}: lists are narrowed to a tag.",
    )
    note = TextField(
        max_length=LONGEST_NOTE, required=False, widget=forms.Textarea(attrs={"rows": 5})
    )

    def clean_tags(self) -> list[str]:
        """Return the tags one by one."""
        written = self.cleaned_data["tags"].split(SEPARATOR)
        return [tag for tag in written if tag.strip()]
