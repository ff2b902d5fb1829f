"""The rules of a gate as a form for people: figures in percent, a row for each class and column.

Every rule that the API may have set has its place here, so saving the form drops none unseen.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from classifier.engine.measure.gate_minimum import CLASS_METRICS, METRICS, Minimum
from classifier.engine.measure.gate_rules import GateRule, NotWorse, Parity
from classifier.engine.measure.gate_slices import Against, SliceRule
from datasets.models import DatasetVersion

# Of more classes a list to choose from is no help: their names are typed.
MOST_LISTED = 200
AGAINST: tuple[Against, ...] = ("all_images", "champion")
_MOST_SENT = 2000
_TITLES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "macro_precision": "Macro precision",
    "roc_auc": "ROC AUC",
    "kappa": "Kappa",
}


@dataclass(frozen=True)
class Choices:
    """What the rules can speak of, and the rules that are there."""

    sets: Sequence[DatasetVersion]
    classes: Sequence[str]
    columns: Sequence[str]
    rules: Sequence[GateRule]
    dataset_version: DatasetVersion | None
    number: int

    @property
    def all_classes(self) -> list[str]:
        """The classes, and those of rules that are there."""
        named = [rule.class_name for rule in self._minima if rule.class_name]
        return list(dict.fromkeys([*self.classes, *named]))

    @property
    def all_columns(self) -> list[str]:
        """The columns, and those of rules that are there."""
        named = [rule.column for rule in self.rules if isinstance(rule, SliceRule)]
        return list(dict.fromkeys([*self.columns, *named]))

    @property
    def of_classes(self) -> list[Minimum]:
        """The rules that are of one class."""
        return [rule for rule in self._minima if rule.class_name]

    @property
    def _minima(self) -> list[Minimum]:
        return [rule for rule in self.rules if isinstance(rule, Minimum)]


class GateForm(forms.Form):
    """Which rules hold, on which test images; an empty field is no rule."""

    number = forms.IntegerField(widget=forms.HiddenInput, required=False)
    dataset_version = forms.ChoiceField(
        label="Test images",
        required=False,
        help_text="One frozen test set judges all versions alike. A version that learned from one "
        "of its images is refused; one that was not measured on it yet can be with one click. "
        "Without a set, a version that has no test split counts by the images of its last report.",
    )

    def __init__(self, choices: Choices, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.choices = choices
        self.fields["number"].initial = choices.number
        sets = [(str(each.pk), _set_name(each)) for each in choices.sets]
        self.fields["dataset_version"].choices = [  # type: ignore[attr-defined]
            ("", "Each version's own test split"),
            *sets,
        ]
        if choices.dataset_version is not None:
            self.fields["dataset_version"].initial = str(choices.dataset_version.pk)
        for name, metric in METRICS.items():
            self._add_number(f"metric-{name}", _TITLES[name], in_percent=metric.in_percent)
        self._add_class_rows(data)
        self.columns = _columns(choices, data)
        for column in self.columns:
            place = _key(column)
            self._add_number(f"slice-{place}-all_images", f"{column}: below all images, points")
            self._add_number(f"slice-{place}-champion", f"{column}: below the live version, points")
        self._add_number("alpha", "Significance")
        self._add_number("tolerance", "Largest difference", in_percent=False)
        self._fill(choices.rules)

    @property
    def metric_fields(self) -> list[forms.BoundField]:
        """The fields of figures of all classes."""
        return [self[f"metric-{name}"] for name in METRICS]

    @property
    def class_rows(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """The fields of each rule about a class: which class, which figure, how much."""
        return [
            (self[f"class-{n}-name"], self[f"class-{n}-metric"], self[f"class-{n}-value"])
            for n in range(self._class_count)
        ]

    @property
    def column_rows(self) -> list[tuple[Any, ...]]:
        """The columns with their fields: below all images, below the live version."""
        return [
            (column, *(self[f"slice-{_key(column)}-{against}"] for against in AGAINST))
            for column in self.columns
        ]

    def placed_rules(self) -> list[tuple[str, GateRule]]:
        """Return the rules of a valid form, each with the name of its field."""
        return list(self._placed())

    def chosen_set(self) -> DatasetVersion | None:
        """Return the test set of a valid form."""
        wanted = self.cleaned_data["dataset_version"]
        return next((each for each in self.choices.sets if str(each.pk) == wanted), None)

    def _placed(self) -> Iterator[tuple[str, GateRule]]:
        values = self.cleaned_data
        for name, metric in METRICS.items():
            if (value := values.get(f"metric-{name}")) is not None:
                share = _share(value) if metric.in_percent else value
                yield f"metric-{name}", Minimum(metric=name, value=share)
        for n in range(self._class_count):
            of, value = values.get(f"class-{n}-name"), values.get(f"class-{n}-value")
            if of and value is not None:
                figure = values[f"class-{n}-metric"]
                rule = Minimum(metric=figure, class_name=of, value=_share(value))
                yield f"class-{n}-value", rule
        for column in self.columns:
            for against in AGAINST:
                name = f"slice-{_key(column)}-{against}"
                if (value := values.get(name)) is not None:
                    yield name, SliceRule(column=column, margin=_share(value), against=against)
        if (value := values.get("alpha")) is not None:
            yield "alpha", NotWorse(alpha=_share(value))
        if (value := values.get("tolerance")) is not None:
            yield "tolerance", Parity(tolerance=value)

    def clean(self) -> dict[str, Any]:
        """Refuse a row about a class that says half of what it takes."""
        values: dict[str, Any] = self.cleaned_data
        for n in range(self._class_count):
            name, value = values.get(f"class-{n}-name"), values.get(f"class-{n}-value")
            if name and value is None and f"class-{n}-value" not in self.errors:
                self.add_error(f"class-{n}-value", f"Say how much “{name}” must reach, in percent.")
            elif value is not None and not name and f"class-{n}-name" not in self.errors:
                self.add_error(f"class-{n}-name", "Say of which class.")
        return values

    def _add_number(self, name: str, label: str, *, in_percent: bool = True) -> None:
        most = 100 if in_percent else 1
        unit = " percent" if in_percent else ""
        range_ = f"This goes from 0 to {most}{unit}; received %(show_value)s."
        self.fields[name] = forms.FloatField(
            label=label,
            required=False,
            widget=forms.NumberInput({"step": "any", "inputmode": "decimal"}),
            validators=[MinValueValidator(0, range_), MaxValueValidator(most, range_)],
        )
        if in_percent:
            self.fields[name].widget.attrs["max"] = 100

    def _add_class_rows(self, data: Mapping[str, Any] | None) -> None:
        known = self.choices.all_classes
        count = len(self.choices.of_classes) + 1
        if data is not None:
            sent = data.get("class-rows", "")
            count = min(int(sent), 50) if re.fullmatch("[0-9]{1,3}", str(sent)) else count
            count += data.get("draft") == "class"
        self._class_count = count
        metrics = [(name, metric.title) for name, metric in CLASS_METRICS.items()]
        for n in range(count):
            label = f"Class of row {n + 1}"
            if len(known) <= MOST_LISTED:
                names = [("", "Choose a class"), *((name, name) for name in known)]
                field: forms.Field = forms.ChoiceField(label=label, choices=names, required=False)
            else:
                field = forms.CharField(label=label, required=False, max_length=200)
            self.fields[f"class-{n}-name"] = field
            self.fields[f"class-{n}-metric"] = forms.ChoiceField(
                label=f"Figure of row {n + 1}", choices=metrics, required=False
            )
            self._add_number(f"class-{n}-value", f"At least, row {n + 1}, in percent")

    def _fill(self, rules: Sequence[GateRule]) -> None:
        of_classes = iter(range(len(rules)))
        for rule in rules:
            if isinstance(rule, Minimum) and rule.class_name:
                n = next(of_classes)
                self._start(f"class-{n}-name", rule.class_name)
                self._start(f"class-{n}-metric", rule.metric)
                self._start(f"class-{n}-value", _percent(rule.value))
            elif isinstance(rule, Minimum):
                shown = METRICS[rule.metric].in_percent
                value = _percent(rule.value) if shown else f"{rule.value:.12g}"
                self._start(f"metric-{rule.metric}", value)
            elif isinstance(rule, SliceRule):
                name = f"slice-{_key(rule.column)}-{rule.against}"
                self._start(name, _percent(rule.margin))
            elif isinstance(rule, NotWorse):
                self._start("alpha", _percent(rule.alpha))
            else:
                self._start("tolerance", f"{rule.tolerance:.12g}")

    def _start(self, name: str, value: str) -> None:
        if name in self.fields:
            self.fields[name].initial = value


def _key(column: str) -> str:
    """Return what names the fields of a column, whatever other columns there are."""
    return hashlib.sha256(column.encode()).hexdigest()[:12]


def _columns(choices: Choices, data: Mapping[str, Any] | None) -> list[str]:
    """Return the columns of the test images, and those that a sent form has a margin for.

    One that other test images lack is refused by its name: its margin moves to no other column.
    """
    sent = [
        str(value)
        for name, value in list((data or {}).items())[:_MOST_SENT]
        if name.startswith("column-")
    ]
    filled = [
        column
        for column in sent
        if any((data or {}).get(f"slice-{_key(column)}-{against}") for against in AGAINST)
    ]
    return list(dict.fromkeys([*choices.all_columns, *filled]))


def _set_name(images: DatasetVersion) -> str:
    count = sum(images.sample_counts.get("test", {}).values())
    return f"{images.dataset.name} · version {images.number} · {count:,} test images"


def _share(percent: float) -> float:
    """Return 91.2 as 0.912, not as the number next to it that a division gives."""
    return round(percent / 100, 12)


def _percent(share: float) -> str:
    return f"{share * 100:.12g}"
