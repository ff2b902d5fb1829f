"""Forms of pages; the settings of a run are made from the preset's JSON Schema, as in the API."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings

from accounts.models import User
from accounts.roles import Role
from classifier.engine.measure.decision import Wish
from classifier.engine.measure.promise import LEAST_RATE
from classifier.engine.presets.registry import PRESETS
from classifier.evaluation.services.start_robustness import MOST_IMAGES
from classifier.models import RegisteredModel
from classifier.pages.settings_form import SettingsForm
from classifier.training.selectors.trainable import versions_to_learn_from
from common.errors import FieldError, Invalid
from common.forms import TextField
from datasets.models import Dataset, DatasetVersion, Split
from datasets.models.forgetting import MOST_REASON


class VersionField(forms.ModelChoiceField):
    """Dataset versions by dataset, number and size."""

    def label_from_instance(self, version: DatasetVersion) -> str:
        """Return the line that people choose from."""
        images = sum(sum(counts.values()) for counts in version.sample_counts.values())
        return (
            f"{version.dataset.name} · version {version.number} · {images:,} images, "
            f"{len(version.class_names)} classes"
            + (f", shared by {version.dataset.organization}" if version.is_shared else "")
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
    name = TextField(
        max_length=120, required=False, help_text="Made from dataset and preset when left empty."
    )
    model = forms.ModelChoiceField(
        queryset=RegisteredModel.objects.none(),
        required=False,
        empty_label="A new model",
        help_text="The model whose next version this becomes.",
    )
    time_limit_hours = forms.FloatField(
        label="Time limit, in hours",
        required=False,
        help_text="Training ends then, with its best epoch so far.",
        widget=forms.NumberInput({"min": 0, "step": "any"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_limit_hours"].initial = hours(settings.TRAINING_TIME_LIMIT_SECONDS)
        self.fields["dataset_version"].queryset = versions_to_learn_from(user)  # type: ignore[attr-defined]
        self.fields["model"].queryset = (  # type: ignore[attr-defined]
            RegisteredModel.objects.for_user(user, Role.EDITOR)
            .filter(archived_at=None)
            .order_by("name")
        )

    def choices_of_run(self) -> dict[str, Any]:
        """Return what the service takes: the limit in seconds, None where none was given."""
        values = dict(self.cleaned_data)
        limit = values.pop("time_limit_hours")
        return {**values, "time_limit_seconds": None if limit is None else round(limit * 3600)}


def hours(seconds: int) -> float | int:
    """Return seconds as hours, whole ones without a point."""
    return seconds // 3600 if seconds % 3600 == 0 else round(seconds / 3600, 4)


class RunDetailsForm(forms.Form):
    """What people call a run."""

    name = TextField(max_length=120)


class ModelDetailsForm(forms.Form):
    """What people call a model, and what it is for."""

    name = TextField(max_length=120)
    description = TextField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class PromoteForm(forms.Form):
    """Which version goes live, and why."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = TextField(
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Why? (kept in the history)"}),
    )
    override = forms.BooleanField(required=False, widget=forms.HiddenInput)


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
        self.fields["dataset_version"].queryset = versions_to_learn_from(user)  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    """What share of the accepted answers shall be right, and how sure that is; in percent."""

    precision = forms.FloatField(
        label="Right among the accepted, %",
        min_value=50,
        max_value=99.9,
        help_text="An answer that is not sure enough for that is to be reviewed.",
        widget=forms.NumberInput({"step": "0.1"}),
    )
    scope = forms.ChoiceField(
        label="Of",
        choices=[("all", "all accepted answers"), ("class", "each class by itself")],
        help_text="By class takes more validation images.",
    )
    confidence = forms.FloatField(
        label="Confidence, %",
        min_value=50,
        max_value=99.9,
        help_text="How sure that promise is.",
        widget=forms.NumberInput({"step": "0.1"}),
    )
    unknown_rate = forms.FloatField(
        label="False alarms of unknown, %",
        min_value=0,
        max_value=50,
        help_text="Known images that may be called unknown; 0 switches it off.",
        widget=forms.NumberInput({"step": "0.1"}),
    )

    @classmethod
    def of(cls, wish: Wish) -> "DecisionForm":
        """Return the form of what is asked for now."""
        by_class = isinstance(wish.precision, dict)
        shares = set(wish.precision.values()) if isinstance(wish.precision, dict) else set()
        own = len(shares) > 1
        share = shares.pop() if shares else wish.precision
        shown = {
            "precision": "" if own else _percent(share if isinstance(share, float) else 0.95),
            "scope": "class" if by_class else "all",
            "confidence": _percent(wish.confidence),
            "unknown_rate": _percent(wish.unknown_rate),
        }
        form = cls(initial=shown)
        if own:
            form.fields[
                "precision"
            ].help_text = "Each class has its own, set by the API; a number here replaces them all."
        return form

    def clean_unknown_rate(self) -> float:
        """Refuse what is as good as nothing and is not 0."""
        rate = float(self.cleaned_data["unknown_rate"])
        if 0 < rate < LEAST_RATE * 100:
            raise forms.ValidationError(
                f"False alarms of unknown must be 0, or at least {LEAST_RATE * 100:g} %."
            )
        return rate

    def wish(self, class_names: Sequence[str]) -> Wish:
        """Return what a valid form asks for."""
        values = {name: self.cleaned_data[name] for name in self.fields}
        share = round(values["precision"] / 100, 6)
        by_class = values["scope"] == "class"
        return Wish(
            precision=dict.fromkeys(class_names, share) if by_class else share,
            confidence=round(values["confidence"] / 100, 6),
            unknown_rate=round(values["unknown_rate"] / 100, 6),
        )


def _percent(share: float) -> str:
    return f"{share * 100:.6g}"


class RobustnessForm(forms.Form):
    """How many of a report's images are made worse."""

    images = forms.IntegerField(min_value=1, max_value=MOST_IMAGES)


def add_field_errors(error: Invalid, form: forms.Form) -> None:
    """Put a service's errors where the fields are; what has no field stands above them."""
    for fault in error.errors or [FieldError("", error.code, error.detail)]:
        name = _IN_FORM.get(fault.pointer, fault.pointer.rsplit("/", 1)[-1])
        form.add_error(name if name in form.fields else None, fault.detail)


# A person thinks in hours and percent, programs count seconds and from 0 to 1.
_IN_FORM = {
    "/time_limit_seconds": "time_limit_hours",
    "/timeout_seconds": "timeout_hours",
    "/least_probability": "least_percent",
}


def add_service_errors(error: Invalid, form: forms.Form, settings: SettingsForm) -> None:
    """Put a service's field errors where the fields are."""
    for fault in error.errors or []:
        name = _IN_FORM.get(fault.pointer, fault.pointer.rsplit("/", 1)[-1])
        target = settings if fault.pointer.startswith("/config/") else form
        target.add_error(name if name in target.fields else None, fault.detail)
    if not error.errors:
        form.add_error(None, error.detail)


class ForgetForm(forms.Form):
    """Why an image is forgotten, and in which other datasets, too."""

    reason = forms.CharField(
        max_length=MOST_REASON,
        label="Reason",
        help_text="Every member can read it, and the audit log keeps it for ever: name no person.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    datasets = forms.MultipleChoiceField(
        required=False,
        label="Also in",
        help_text="These datasets of the organization have the same file. What is not chosen "
        "keeps it.",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, others: Sequence[tuple[Dataset, int]], data: Any = None) -> None:
        super().__init__(data)
        choices = self.fields["datasets"]
        choices.choices = [  # type: ignore[attr-defined]
            (str(dataset.pk), f"{dataset.name}{' (in the trash)' if dataset.deleted_at else ''}")
            for dataset, _ in others
        ]
        if not others:
            del self.fields["datasets"]

    def clean(self) -> dict[str, Any]:
        """Return the values; no other dataset where none was offered."""
        return {"datasets": [], **(super().clean() or {})}
