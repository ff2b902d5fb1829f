"""The pages of cross-validation."""

from typing import Any

from django import forms
from django.http import HttpRequest

from classifier.engine.measure.cross_validation import CrossValidationResult, FoldFigures
from classifier.engine.measure.intervals import percent, span
from classifier.experiments.services.plans.cross_validation import (
    FEWEST_FOLDS,
    MOST_FOLDS,
)
from classifier.models import Experiment
from classifier.pages.experiment_kinds.around import PresetForm
from classifier.pages.experiment_kinds.fields import strategy_field
from classifier.pages.experiment_kinds.page import KindPage


class CrossValidationForm(PresetForm):
    """A preset, in how many folds, and what stays together."""

    columns = ("folds", "strategy")

    folds = forms.IntegerField(
        min_value=FEWEST_FOLDS,
        max_value=MOST_FOLDS,
        initial=5,
        help_text="How many times it learns, each time without one part.",
    )
    strategy = strategy_field()

    def __init__(self, request: HttpRequest, data: Any = None, **options: Any) -> None:
        super().__init__(request, data, **options)
        self.fields["preset"].help_text = (
            "On a pretrained network and classic: seconds. From nothing: each fold is a training "
            "of its own."
        )


def _shown(experiment: Experiment) -> dict[str, Any]:
    members = experiment.members.select_related("run__job").order_by("number")
    result = experiment.result and CrossValidationResult.from_json(experiment.result)
    folds = [
        {
            "number": member.number + 1,
            "run": member.run,
            "figures": member.result and FoldFigures.from_json(member.result),
        }
        for member in members
    ]
    shown: dict[str, Any] = {"result": result, "folds": folds}
    if result:
        shown["span"] = span(*result.accuracy.interval)
        shown["weakest"] = sorted(result.per_class, key=lambda each: each.recall)
    return shown


def _headline(experiment: Experiment) -> str:
    if experiment.result is None:
        return ""
    accuracy = CrossValidationResult.from_json(experiment.result).accuracy
    return f"{percent(accuracy.mean)} ({span(*accuracy.interval)})"


PAGE = KindPage(form=CrossValidationForm, shown=_shown, headline=_headline)
