"""The pages of learning curves."""

from typing import Any

from django import forms

from classifier.engine.measure.learning_curve import LearningCurve
from classifier.experiments.services.plans.learning_curve import DEFAULT_PRESET, quick_presets
from classifier.models import Experiment
from classifier.pages.experiment_kinds.fields import preset_choices, strategy_field
from classifier.pages.experiment_kinds.page import ExperimentForm, KindPage


class LearningCurveForm(ExperimentForm):
    """A preset that learns in seconds, and what stays together."""

    columns = ("preset", "strategy")

    preset = forms.ChoiceField(
        choices=lambda: preset_choices(quick_presets()),
        initial=DEFAULT_PRESET,
        help_text="Those that learn in seconds; others gain from more images much alike.",
    )
    strategy = strategy_field()

    def values(self) -> dict[str, Any]:
        """Return them with the seed."""
        return {**super().values(), "seed": 0}


def _shown(experiment: Experiment) -> dict[str, Any]:
    result = experiment.result and LearningCurve.from_json(experiment.result)
    done = experiment.members.count()
    if not result:
        return {"result": None, "done": done}
    forecast = result.forecast
    return {
        "result": result,
        "done": done,
        "chart": {
            "points": [
                {"images": p.images, "accuracy": p.accuracy, "interval": p.interval}
                for p in result.points
            ],
            "forecast": forecast
            and {
                "images": forecast.images,
                "accuracy": forecast.accuracy,
                "interval": forecast.interval,
            },
        },
        "per_class": sorted(
            result.per_class, key=lambda each: (each.gain is None, -(each.gain or 0))
        ),
    }


def _headline(experiment: Experiment) -> str:
    if experiment.result is None:
        return ""
    found = LearningCurve.from_json(experiment.result).forecast
    if found is None:
        return "too few to say"
    return f"{100 * found.gain:+.1f} points by {found.more_per_class:,} more per class"


PAGE = KindPage(form=LearningCurveForm, shown=_shown, headline=_headline)
