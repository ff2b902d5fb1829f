"""The pages of cross-validation."""

from typing import Any

from django import forms
from django.http import HttpRequest

from classifier.engine.measure.cross_validation import CrossValidationResult, FoldFigures
from classifier.engine.measure.intervals import percent, span
from classifier.engine.presets.registry import PRESETS
from classifier.experiments.services.plans.cross_validation import (
    FEWEST_FOLDS,
    MOST_FOLDS,
)
from classifier.models import Experiment, TrainingRun
from classifier.pages.experiment_kinds.fields import preset_choices, strategy_field
from classifier.pages.experiment_kinds.page import ExperimentForm, KindPage
from classifier.training.selectors.presets import recommended_preset, suggested_config
from classifier.training.selectors.runs import visible_runs
from classifier.training.selectors.trainable import trainable_versions
from common.ids import id_in


class CrossValidationForm(ExperimentForm):
    """A preset, in how many folds, and what stays together."""

    columns = ("folds", "strategy")

    preset = forms.ChoiceField(
        choices=preset_choices,
        help_text="On a pretrained network and classic: seconds. From nothing: each fold is a "
        "training of its own.",
    )
    run = forms.ModelChoiceField(
        queryset=TrainingRun.objects.none(), required=False, widget=forms.HiddenInput
    )
    folds = forms.IntegerField(
        min_value=FEWEST_FOLDS,
        max_value=MOST_FOLDS,
        initial=5,
        help_text="How many times it learns, each time without one part.",
    )
    strategy = strategy_field()

    def __init__(self, request: HttpRequest, data: Any = None, **options: Any) -> None:
        super().__init__(request, data, **options)
        self.fields["run"].queryset = visible_runs(self.user)  # type: ignore[attr-defined]

    @property
    def note(self) -> str:
        """Whose settings the preset gets."""
        chosen = id_in(str(self["run"].value()))
        run = visible_runs(self.user).filter(pk=chosen).first()
        if run is None:
            return "The preset learns with the settings that suit the version’s images."
        but = ", but without self-training" if run.config.get("self_training") else ""
        return f"With the settings of {run.name}{but}, unless you choose another preset."

    @classmethod
    def initial_of(cls, request: HttpRequest) -> dict[str, Any]:
        """Return what the address asks: with `run`, that run's version and preset."""
        wanted = super().initial_of(request)
        runs = visible_runs(request.user)  # type: ignore[arg-type]
        run = runs.filter(pk=id_in(request.GET.get("run"))).first()
        if run is not None:
            return {"dataset_version": run.dataset_version_id, "preset": run.preset, "run": run.pk}
        versions = trainable_versions(request.user)  # type: ignore[arg-type]
        asked = versions.filter(pk=id_in(wanted["dataset_version"])).first()
        version = asked or versions.first()
        if version is None:
            return wanted
        preset = recommended_preset(version).preset
        return {"dataset_version": version.pk, "preset": preset}

    def values(self) -> dict[str, Any]:
        """Return them with the settings: those of the run, else what suits the images."""
        values = super().values()
        run, preset = values.pop("run"), PRESETS[values["preset"]]
        if run is not None and run.preset == preset.name:
            config = preset.stored_config(run.config)
            if config.get("self_training"):
                config["self_training"] = 0.0
        else:
            config = suggested_config(preset, self.cleaned_data["dataset_version"])
        return {**values, "config": config, "seed": 0}


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
