"""The settings of a run as a form, made from the preset's JSON Schema, as in the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms
from django.http import QueryDict

from classifier.engine.presets.rates import rates_of
from classifier.engine.presets.registry import PRESETS
from classifier.engine.presets.setting import Needs
from classifier.models import ModelVersion
from classifier.training.selectors.teachers import MOST_OFFERED
from common.forms import TextField

_ORDER = {
    title: place
    for place, title in enumerate(
        (
            "Image",
            "Numbers of an image",
            "Method",
            "Training",
            "Fine-tuning",
            "Distillation",
            "Optimizer and learning rate",
            "Regularization",
            "Augmentation",
            "Rare classes",
            "Subgroups",
            "Few labels",
            "Repeatability",
        )
    )
}


@dataclass(frozen=True)
class Setting:
    """One setting as the form shows it; `changed`: it is not the preset's default.

    `word` explains its term. `needs` is what another setting must be for it to have an effect.
    `searchable`: it is a learning rate that a range test can find.
    """

    field: forms.BoundField
    default: Any
    changed: bool
    word: str
    needs: Needs | None
    searchable: bool

    @property
    def default_text(self) -> str:
        """The default in words."""
        if self.default is None:
            return "as the level"
        if self.default == "":
            return "none" if self.field.name == "teacher" else "off"
        if isinstance(self.default, bool):
            return "on" if self.default else "off"
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)

    @property
    def default_entry(self) -> Any:
        """The default as the field holds it."""
        if isinstance(self.default, bool):
            return "true" if self.default else "false"
        return "" if self.default is None else self.default


@dataclass(frozen=True)
class Section:
    """Settings that stand under one heading; `note` says what an empty one means."""

    title: str
    settings: list[Setting]
    note: str


class SettingsForm(forms.Form):
    """The settings of a preset: one field for each property of its JSON Schema."""

    prefix = "config"

    def __init__(
        self,
        preset: str,
        data: QueryDict | None = None,
        *,
        initial: dict[str, Any] | None = None,
        columns: Sequence[str] = (),
        teachers: Sequence[ModelVersion] | None = None,
    ) -> None:
        """`columns` are those that a setting about subgroups may name, `teachers` the versions that
        a student may learn from; None: there is no dataset version yet.
        """
        super().__init__(data, initial=initial)
        self._main = PRESETS[preset].main
        self._rates = rates_of(PRESETS[preset])
        self._defaults = PRESETS[preset].defaults.to_dict()
        self._settings = PRESETS[preset].settings
        self._schema = PRESETS[preset].config_schema()["properties"]
        for name, setting in self._schema.items():
            self.fields[name] = _field_of(setting)
            if name == "reweight_by":
                choices = [("", "off"), *((each, each) for each in columns)]
                self.fields[name] = self._named_field(name, setting, choices)
            if name == "teacher":
                choices = [("", "Choose a model version")]
                choices += [(str(each.pk), _of_teacher(each)) for each in teachers or ()]
                about = setting["description"] + _about_teachers(teachers)
                self.fields[name] = self._named_field(
                    name, {**setting, "description": about}, choices
                )
            if self._settings[name].needs and not self._came(name):
                self.fields[name].required = False

    def _named_field(
        self, name: str, setting: dict[str, Any], choices: Sequence[tuple[str, str]]
    ) -> forms.Field:
        """Return the choice of what is there; what a cloned run had is, whatever the version."""
        given = self.data.get(self.add_prefix(name)) or self.initial.get(name)
        known = {value for value, _ in choices}
        field = NamedField(
            choices=[*choices, *([(given, given)] if given and given not in known else [])],
            label=setting["title"],
            help_text=setting["description"],
            required=False,
        )
        field.initial = setting["default"]
        return field

    @property
    def sent(self) -> dict[str, Any]:
        """The values that came; the page sends no setting that others leave without effect."""
        values = {**self._defaults, **self.cleaned_data}
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if self._came(name) or self._is_unticked(name, values)
        }

    def _came(self, name: str) -> bool:
        return self.add_prefix(name) in self.data

    def _is_unticked(self, name: str, values: dict[str, Any]) -> bool:
        needs = self._settings[name].needs
        is_box = isinstance(self.fields[name], forms.BooleanField)
        return is_box and (needs is None or needs.met_by(values))

    @property
    def has_augmentation(self) -> bool:
        """Whether there is something to preview."""
        return "augmentation" in self.fields

    @property
    def basic(self) -> list[Setting]:
        """The settings to see at once, those first that change this preset's result most."""
        names = [name for name, each in self._schema.items() if each["x-group"] == "basic"]
        return [self._setting(name) for name in sorted(names, key=self._place)]

    @property
    def expert(self) -> list[Section]:
        """The other settings by section, in the schema's order."""
        names = [name for name, each in self._schema.items() if each["x-group"] == "expert"]
        names.sort(key=lambda name: _ORDER.get(self._section(name), -1))
        grouped = {title: list(group) for title, group in groupby(names, self._section)}
        return [
            Section(title, [self._setting(name) for name in group], self._note(group))
            for title, group in grouped.items()
        ]

    @property
    def expert_is_open(self) -> bool:
        """Whether something in the folded part must be seen: an error, or a change."""
        return any(
            each.field.errors or each.changed for part in self.expert for each in part.settings
        )

    def _section(self, name: str) -> str:
        return str(self._schema[name]["x-section"])

    def _note(self, names: list[str]) -> str:
        return next((note for name in names if (note := self._schema[name].get("x-null"))), "")

    def _place(self, name: str) -> int:
        return self._main.index(name) if name in self._main else len(self._main)

    def _setting(self, name: str) -> Setting:
        facts = self._schema[name]
        default = facts["default"]
        return Setting(
            field=self[name],
            default=default,
            changed=not _same(self[name].value(), default),
            word=facts.get("x-word", ""),
            needs=self._settings[name].needs,
            searchable=name in self._rates,
        )


def _same(value: Any, default: Any) -> bool:
    # What a form holds is text, what a run holds is not: both are compared as text.
    if default in (None, ""):
        return value in (None, "")
    return value == default or str(value) == str(default)


# Python reads no number of thousands of digits.
_DIGITS = 18


class NumberOrAuto(TextField):
    """A whole number, or the word ``auto``; the engine checks its limits."""

    def clean(self, value: Any) -> Any:
        """Return the number, and what is none as it came."""
        text = super().clean(value)
        is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS
        return int(text) if is_number else text


def _about_teachers(teachers: Sequence[ModelVersion] | None) -> str:
    if teachers is None:
        return ""
    if not teachers:
        return " No model of yours knows exactly these classes: train one first."
    more = len(teachers) >= MOST_OFFERED
    return f" These are the newest {MOST_OFFERED}; the API takes any." if more else ""


def _of_teacher(version: ModelVersion) -> str:
    size = (version.served_file or {}).get("bytes", 0)
    return f"{version} · {version.preset} · {size / 1e6:.1f} MB"


class NamedField(forms.ChoiceField):
    """One of those that there are for the version; the service refuses others by name."""

    def valid_value(self, value: str) -> bool:
        """Take what came."""
        return True


def _field_of(setting: dict[str, Any]) -> forms.Field:
    kinds = setting["type"] if isinstance(setting["type"], list) else [setting["type"]]
    common = {
        "label": setting["title"],
        "help_text": setting["description"],
        "initial": setting["default"],
        "required": "null" not in kinds and kinds != ["boolean"],
    }
    if kinds == ["boolean"]:
        return forms.BooleanField(**common)
    if "enum" in setting:
        return forms.ChoiceField(choices=[(value, value) for value in setting["enum"]], **common)
    # The browser checks the limits first; past it, the engine answers with its own sentence.
    limits = {"min": setting.get("minimum"), "max": setting.get("maximum")}
    if setting.get("pattern"):
        return NumberOrAuto(**common)
    if kinds == ["integer"]:
        return forms.IntegerField(widget=forms.NumberInput(limits), **common)
    if "number" in kinds:
        return forms.FloatField(widget=forms.NumberInput(limits | {"step": "any"}), **common)
    return TextField(**common)
