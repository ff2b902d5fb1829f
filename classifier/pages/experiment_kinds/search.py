"""The pages of searches."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from classifier.engine.measure.intervals import percent
from classifier.engine.measure.search import SearchResult
from classifier.engine.presets.registry import PRESETS
from classifier.engine.search.usual import POINTS
from classifier.experiments.selectors.trials import trials_of
from classifier.experiments.services.plans.search import MOST_PARALLEL, MOST_TRIALS
from classifier.models import Experiment
from classifier.pages.experiment_kinds.around import PresetForm, config_around
from classifier.pages.experiment_kinds.page import KindPage
from classifier.pages.selectors.trial_charts import shown_trials
from classifier.pages.space_form import SpaceForm
from classifier.training.selectors.trainable import trainable_versions
from common.ids import id_in

_SAMPLERS = [
    ("tpe", "TPE: learns from the trials before"),
    ("random", "Random"),
    ("grid", "Grid: every combination"),
    ("nsga2", "Genetic (NSGA-II)"),
]


class SearchForm(PresetForm):
    """A preset, which of its settings vary how far, and how much may be tried."""

    columns = ("sampler", "objective", "trials", "timeout_hours", "parallel", "points", "pruning")
    more_template = "classifier/experiments/search_space.html"

    sampler = forms.ChoiceField(choices=_SAMPLERS, help_text="How the next settings are chosen.")
    objective = forms.ChoiceField(
        choices=[("accuracy", "Validation accuracy"), ("loss", "Validation loss")],
        label="What is best",
        help_text="Of equal accuracies, the lower loss.",
    )
    trials = forms.IntegerField(
        required=False,
        initial=20,
        widget=forms.NumberInput({"min": 1, "max": MOST_TRIALS}),
        help_text="How many settings are tried at most.",
    )
    timeout_hours = forms.FloatField(
        required=False,
        label="Time, in hours",
        min_value=0,
        max_value=settings.JOB_TIME_LIMIT_SECONDS / 3600,
        widget=forms.NumberInput({"step": "any"}),
        help_text="No trial begins later; waiting for a worker is not counted.",
    )
    parallel = forms.IntegerField(
        initial=1,
        label="Trials at once",
        widget=forms.NumberInput({"min": 1, "max": MOST_PARALLEL}),
        help_text="Of networks, as far as there are workers.",
    )
    points = forms.IntegerField(
        initial=POINTS,
        label="Points of a range",
        widget=forms.NumberInput({"min": 2, "max": 20}),
        help_text="Of a grid alone.",
    )
    pruning = forms.BooleanField(
        required=False,
        initial=True,
        label="End poor trials early",
        help_text="Networks whose best epoch so far is worse than the median of the others.",
    )

    def __init__(self, request: HttpRequest, data: Any = None, **options: Any) -> None:
        super().__init__(request, data, **options)
        self.fields["preset"].help_text = (
            "On a pretrained network and classic: seconds a trial. From nothing: each trial is a "
            "run of its own."
        )
        self.fields["preset"].widget.attrs |= {
            "hx-get": reverse("classifier:search_space"),
            "hx-include": "closest form",
            "hx-params": "preset,dataset_version,run",
            "hx-target": "#search-space",
            "hx-swap": "outerHTML",
        }

    @property
    def space(self) -> SpaceForm:
        """What may vary of the chosen preset."""
        return space_around(
            self.user,
            preset=str(self["preset"].value()),
            version=str(self["dataset_version"].value()),
            run=self.source,
            data=self.data if self.is_bound else None,
        )

    def values(self) -> dict[str, Any]:
        """Return them as the service takes them."""
        values = super().values()
        hours, points = values.pop("timeout_hours"), values.pop("points")
        space = self.space.sent(points if values["sampler"] == "grid" else None)
        seconds = None if hours is None else round(hours * 3600)
        return {**values, "timeout_seconds": seconds, "space": space}


def space_around(user: Any, *, preset: str, version: str, run: Any, data: Any = None) -> SpaceForm:
    """Return the rows of a preset around a run's settings, or what suits a version's images."""
    chosen = PRESETS.get(preset) or next(iter(PRESETS.values()))
    frozen = trainable_versions(user).filter(pk=id_in(version)).first()
    base = chosen.config(config_around(chosen, run, frozen)).to_dict()
    return SpaceForm(chosen, base, data)


def _shown(experiment: Experiment) -> dict[str, Any]:
    result = experiment.result and SearchResult.from_json(experiment.result)
    return {"result": result, **shown_trials(experiment, trials_of(experiment), result or None)}


def _headline(experiment: Experiment) -> str:
    if experiment.result is None:
        return ""
    best = SearchResult.from_json(experiment.result).best
    return percent(best.accuracy) if best.accuracy is not None else f"{best.value:.4g}"


PAGE = KindPage(form=SearchForm, shown=_shown, headline=_headline)
