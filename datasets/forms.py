"""Forms of the pages about datasets."""

from typing import Any, cast

from django import forms

from accounts.models import Organization, User
from accounts.roles import Role
from accounts.selectors.organizations import memberships_of
from common.forms import TextField
from datasets.licences import CHOICES, MOST_WORDS, OTHER
from datasets.models import ClassLabel, Strategy
from datasets.models.class_label import MOST_DESCRIPTION, MOST_LINK
from datasets.services.versions.freeze import MAX_SEED

STRATEGIES = [
    (Strategy.STRATIFIED.value, "Stratified"),
    (Strategy.GROUPED.value, "Grouped: copies stay together"),
    (Strategy.FOLDER.value, "Folders of the archive"),
]


class DatasetForm(forms.Form):
    """Name and description; which organization, for people who are in several."""

    name = TextField(
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text="What the images show, such as “Garden birds”.",
    )
    description = TextField(
        max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def cleaned_values(self) -> dict[str, str]:
        """Return name and description."""
        return {key: self.cleaned_data[key] for key in ("name", "description")}


class LicenceForm(forms.Form):
    """The licence of a dataset's images, or of an import's."""

    licence = forms.ChoiceField(
        choices=[("", "Not stated"), *CHOICES],
        required=False,
        label="Licence of the images",
    )
    licence_text = TextField(
        max_length=MOST_WORDS,
        required=False,
        label="Which licence",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="For example “our own photographs, for internal use”.",
    )

    def clean(self) -> dict[str, Any]:
        """The words are shown, and read, with the choice of another licence alone."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("licence") != OTHER:
            cleaned["licence_text"] = ""
        return cleaned


class DatasetSettingsForm(DatasetForm, LicenceForm):
    """What can be changed of a dataset."""

    field_order = ["name", "description", "licence", "licence_text", "instant_model"]
    instant_model = forms.BooleanField(
        required=False,
        label="Suggest classes while people label",
        help_text="Loupe fits an instant model on the labels, within seconds of each. Switched "
        "off, nothing is fitted, and what is suggested now is deleted.",
    )

    def changes(self) -> dict[str, Any]:
        """Return the arguments of `services.edit_dataset.edit_dataset`."""
        names = ("instant_model", "licence", "licence_text")
        return {**self.cleaned_values(), **{name: self.cleaned_data[name] for name in names}}


class NewDatasetForm(DatasetForm):
    """A dataset in one of the organizations that the person may edit."""

    organization = forms.ModelChoiceField(Organization.objects.none(), empty_label=None)

    def __init__(self, *args, user: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        enough = Role.EDITOR.at_least()
        ids = [m.organization_id for m in memberships_of(user) if Role(m.role) in enough]
        field = cast(forms.ModelChoiceField, self.fields["organization"])
        field.queryset = Organization.objects.filter(pk__in=ids)
        field.initial = ids[0] if ids else None
        if len(ids) == 1:
            field.widget = forms.HiddenInput()


class FreezeForm(forms.Form):
    """How a version divides its images; shares in percent."""

    strategy = forms.ChoiceField(
        choices=STRATEGIES,
        label="Split",
        help_text="Stratified gives each class the same shares of train, validation and test. "
        "Grouped does too, and keeps pictures that are nearly the same in one split.",
    )
    train = forms.IntegerField(min_value=1, max_value=98, initial=80, label="Train, %")
    validation = forms.IntegerField(min_value=1, max_value=98, initial=10, label="Validation, %")
    test = forms.IntegerField(min_value=1, max_value=98, initial=10, label="Test, %")
    seed = forms.IntegerField(
        min_value=0,
        max_value=MAX_SEED,
        initial=0,
        help_text="The same seed and images give the same split.",
    )
    keep_test = forms.BooleanField(
        required=False,
        initial=True,
        label="Keep earlier test images in test",
        help_text="Reports on this version and on earlier ones stay comparable.",
    )
    note = TextField(
        max_length=2000,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="What is new in this version.",
    )

    def clean(self) -> dict[str, object]:
        """The shares add up to 100 % (the folder strategy does not look at them)."""
        cleaned = super().clean() or self.cleaned_data
        shares = [cleaned.get(name) for name in ("train", "validation", "test")]
        if cleaned.get("strategy") != Strategy.FOLDER and None not in shares:
            total = sum(share for share in shares if share is not None)
            if total != 100:
                raise forms.ValidationError(
                    f"The three shares must add up to 100 %, not {total} %."
                )
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `services.freeze.freeze`."""
        cleaned = self.cleaned_data
        shares = {name: cleaned[name] / 100 for name in ("train", "validation", "test")}
        return {
            **shares,
            **{name: cleaned[name] for name in ("strategy", "seed", "keep_test", "note")},
        }


class ClassForm(forms.Form):
    """The name of a class."""

    name = TextField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class ClassNoteForm(forms.Form):
    """What goes with every answer of a class."""

    description = TextField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": MOST_DESCRIPTION}),
        help_text="What a person who gets this answer should know or do.",
    )
    link = forms.CharField(
        required=False,
        widget=forms.URLInput(
            attrs={"autocomplete": "off", "maxlength": MOST_LINK, "placeholder": "https://"}
        ),
        help_text="Where to read more: an http or https address.",
    )


class MergeForm(forms.Form):
    """Which class another one goes into."""

    into = forms.ModelChoiceField(ClassLabel.objects.none(), empty_label=None)

    def __init__(self, *args, label: ClassLabel, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        into = cast(forms.ModelChoiceField, self.fields["into"])
        into.queryset = ClassLabel.objects.filter(dataset=label.dataset).exclude(pk=label.pk)


class LabelForm(forms.Form):
    """The class of one image; a new one is made."""

    class_name = TextField(
        max_length=120,
        required=False,
        label="Class",
        help_text="A new name makes a new class; empty takes the class away.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "class-names"}),
    )
    expected_class_name = TextField(required=False, widget=forms.HiddenInput)
