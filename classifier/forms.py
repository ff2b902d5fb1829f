"""Forms of pages; the settings of a run are made from the preset's JSON Schema, as in the API."""

from typing import Any

from django import forms
from django.http import QueryDict

from accounts.models import User
from accounts.roles import Role
from classifier.engine.presets import PRESETS
from classifier.models import RegisteredModel
from classifier.selectors.trainable import trainable_versions
from common.errors import Invalid
from datasets.models import DatasetVersion, Split

# Shown at once; the others are behind "More settings".
MAIN_SETTINGS = (
    "epochs",
    "image_size",
    "augmentation",
    "batch_size",
    "learning_rate",
    "fine_tune_epochs",
)


class SettingsForm(forms.Form):
    """The settings of a preset: one field for each property of its JSON Schema."""

    prefix = "config"

    def __init__(
        self, preset: str, data: QueryDict | None = None, *, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        schema = PRESETS[preset].config_schema()
        for name, setting in schema["properties"].items():
            self.fields[name] = _field_of(setting)

    @property
    def main(self) -> list[forms.BoundField]:
        """The fields that most people look at."""
        return [self[name] for name in MAIN_SETTINGS if name in self.fields]

    @property
    def more(self) -> list[forms.BoundField]:
        """The other fields, in the schema's order."""
        return [self[name] for name in self.fields if name not in MAIN_SETTINGS]

    @property
    def more_has_errors(self) -> bool:
        """Whether the folded part must be open."""
        return any(field.errors for field in self.more)


class VersionField(forms.ModelChoiceField):
    """Dataset versions by dataset, number and size."""

    def label_from_instance(self, version: DatasetVersion) -> str:
        """Return the line that people choose from."""
        images = sum(sum(counts.values()) for counts in version.sample_counts.values())
        return (
            f"{version.dataset.name} · version {version.number} · {images:,} images, "
            f"{len(version.class_names)} classes"
        )


class NewRunForm(forms.Form):
    """What to train on, how, and where the result goes."""

    dataset_version = VersionField(
        queryset=DatasetVersion.objects.none(),
        label="Dataset version",
        empty_label="Choose a version",
        help_text="A frozen snapshot: its train split is learned from, validation chooses the best "
        "epoch, test is kept for the report.",
    )
    preset = forms.ChoiceField(
        choices=[(preset.name, preset.title) for preset in PRESETS.values()],
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        max_length=120, required=False, help_text="Made from dataset and preset when left empty."
    )
    model = forms.ModelChoiceField(
        queryset=RegisteredModel.objects.none(),
        required=False,
        empty_label="A new model",
        help_text="The model whose next version this becomes.",
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dataset_version"].queryset = trainable_versions(user)  # type: ignore[attr-defined]
        self.fields["model"].queryset = (  # type: ignore[attr-defined]
            RegisteredModel.objects.for_user(user, Role.EDITOR).order_by("name")
        )


class PromoteForm(forms.Form):
    """Which version goes live, and why."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Why? (kept in the history)"}),
    )


class EvaluateForm(forms.Form):
    """What to measure a model version on."""

    dataset_version = VersionField(
        queryset=DatasetVersion.objects.none(), label="Dataset version", empty_label=None
    )
    split = forms.ChoiceField(
        choices=[(label, label.capitalize()) for _, label in Split.choices],
        initial=Split.TEST.label,
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dataset_version"].queryset = trainable_versions(user)  # type: ignore[attr-defined]


def add_service_errors(error: Invalid, form: forms.Form, settings: SettingsForm) -> None:
    """Put a service's field errors where the fields are."""
    for fault in error.errors or []:
        name = fault.pointer.rsplit("/", 1)[-1]
        target = settings if fault.pointer.startswith("/config/") else form
        target.add_error(name if name in target.fields else None, fault.detail)
    if not error.errors:
        form.add_error(None, error.detail)


def _field_of(setting: dict[str, Any]) -> forms.Field:
    common = {
        "label": setting["title"],
        "help_text": setting["description"],
        "initial": setting["default"],
    }
    if setting["type"] == "boolean":
        return forms.BooleanField(required=False, **common)
    if "enum" in setting:
        return forms.ChoiceField(choices=[(value, value) for value in setting["enum"]], **common)
    # The browser is told the limits; whoever gets past it hears the engine's own sentence.
    limits = {"min": setting.get("minimum"), "max": setting.get("maximum")}
    if setting["type"] == "integer":
        return forms.IntegerField(widget=forms.NumberInput(limits), **common)
    if setting["type"] == "number":
        return forms.FloatField(widget=forms.NumberInput(limits | {"step": "any"}), **common)
    return forms.CharField(**common)
