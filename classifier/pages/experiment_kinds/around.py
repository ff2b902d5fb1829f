"""What the forms share that ask about a preset, or about the settings of a run."""

from typing import Any

from django import forms
from django.http import HttpRequest

from classifier.engine.presets.preset import Preset
from classifier.engine.presets.registry import PRESETS
from classifier.models import TrainingRun
from classifier.pages.experiment_kinds.fields import preset_choices
from classifier.pages.experiment_kinds.page import ExperimentForm
from classifier.training.selectors.presets import recommended_preset, suggested_config
from classifier.training.selectors.runs import visible_runs
from classifier.training.selectors.trainable import trainable_versions
from common.ids import id_in
from datasets.models import DatasetVersion


class PresetForm(ExperimentForm):
    """A preset with the settings of a run, where one is named, else with those that suit."""

    preset = forms.ChoiceField(choices=preset_choices)
    run = forms.ModelChoiceField(
        queryset=TrainingRun.objects.none(), required=False, widget=forms.HiddenInput
    )

    def __init__(self, request: HttpRequest, data: Any = None, **options: Any) -> None:
        super().__init__(request, data, **options)
        self.fields["run"].queryset = visible_runs(self.user)  # type: ignore[attr-defined]

    @property
    def source(self) -> TrainingRun | None:
        """The run whose settings are wanted."""
        return visible_runs(self.user).filter(pk=id_in(str(self["run"].value()))).first()

    @property
    def note(self) -> str:
        """Whose settings the preset gets."""
        run = self.source
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
        return {"dataset_version": version.pk, "preset": recommended_preset(version).preset}

    def values(self) -> dict[str, Any]:
        """Return them with the settings."""
        values = super().values()
        preset, run = PRESETS[values["preset"]], values.pop("run")
        config = config_around(preset, run, self.cleaned_data["dataset_version"])
        return {**values, "config": config, "seed": 0}


def config_around(
    preset: Preset, run: TrainingRun | None, version: DatasetVersion | None
) -> dict[str, Any]:
    """Return the settings of a run of this preset, else those that suit the version's images."""
    if run is not None and run.preset == preset.name:
        config = preset.stored_config(run.config)
        return {**config, "self_training": 0.0} if config.get("self_training") else config
    return {} if version is None else suggested_config(preset, version)
