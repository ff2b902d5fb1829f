"""How drift is looked for, as a form."""

from datetime import datetime
from typing import Any, Self

from django import forms

from classifier.engine.measure.drift_judgement import LEAST_HOURS, MONTH_HOURS
from classifier.models import DriftWatch

_TIME = "%Y-%m-%dT%H:%M:%S"


def _moment(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        widget=forms.TextInput(attrs={"type": "datetime-local", "step": "1"}),
    )


class DriftWatchForm(forms.Form):
    """The fields of a `DriftWatch`; both times empty: the version's test images."""

    enabled = forms.BooleanField(label="Look for drift on a schedule", required=False)
    window = forms.IntegerField(
        label="Predictions a look", min_value=50, max_value=2_000, initial=300
    )
    every_hours = forms.IntegerField(
        label="Hours between looks", min_value=LEAST_HOURS, max_value=MONTH_HOURS, initial=24
    )
    usual_from = _moment(
        "Usual from (UTC)", "Leave both empty to compare with the version's test images."
    )
    usual_to = _moment("Usual until (UTC)")

    @classmethod
    def of(cls, watch: DriftWatch) -> Self:
        """Return the form filled with what holds now."""
        values: dict[str, Any] = {
            "enabled": watch.enabled,
            "window": watch.window,
            "every_hours": watch.every_hours,
        }
        if watch.baseline:
            for field, name in (("usual_from", "from"), ("usual_to", "to")):
                values[field] = datetime.fromisoformat(watch.baseline[name]).strftime(_TIME)
        return cls(initial=values)

    def clean(self) -> dict[str, Any]:
        """Refuse one time without the other."""
        values = super().clean() or self.cleaned_data
        if bool(values.get("usual_from")) != bool(values.get("usual_to")):
            raise forms.ValidationError("Give both times, or neither.")
        return values

    def changes(self) -> dict[str, Any]:
        """Return what `set_watch` takes."""
        values = dict(self.cleaned_data)
        start, end = values.pop("usual_from"), values.pop("usual_to")
        values["baseline"] = {"from": f"{start}Z", "to": f"{end}Z"} if start else None
        return values
