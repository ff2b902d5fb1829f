from rest_framework import serializers

from classifier.engine.presets.registry import PRESETS
from classifier.experiments.serializers.base import ExperimentInput
from classifier.experiments.services.plans.search import (
    MOST_PARALLEL,
    MOST_TRIALS,
    OBJECTIVES,
    SAMPLERS,
)
from classifier.training.serializers.presets import PresetNameField

# As the schema names the choice (config.api_settings).
KIND = ["search"]


class SearchInput(ExperimentInput):
    """A preset, which of its settings vary how far, and how much may be tried."""

    kind = serializers.ChoiceField(choices=KIND)
    preset = PresetNameField()
    config = serializers.DictField(
        required=False,
        help_text="Settings that differ from the preset's defaults: those that do not vary stay "
        "so, and the first trial has them all (not of a grid).",
    )
    space = serializers.DictField(
        child=serializers.JSONField(),
        required=False,
        help_text="What varies, by setting: `{low, high, log?, points?}` (`log`: by tenfolds; by "
        "default where the ends are 30 times apart; `points` of a grid, 3) or `{choices}`, within "
        "the setting's own limits. Left out: the preset's usual settings and ranges.",
    )
    sampler = serializers.ChoiceField(
        choices=SAMPLERS,
        default="tpe",
        help_text="`tpe` (Tree-structured Parzen Estimator) and `nsga2` (genetic) learn from the "
        "trials before; `random` does not; `grid` tries every point.",
    )
    objective = serializers.ChoiceField(
        choices=OBJECTIVES,
        default="accuracy",
        help_text="What is best on the validation split; of equal accuracies the lower loss.",
    )
    trials = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text=f"1 to {MOST_TRIALS}; needed without `timeout_seconds`.",
    )
    timeout_seconds = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="No trial begins after so many seconds in which at least one has learned; those "
        "under way end with their best epoch.",
    )
    pruning = serializers.BooleanField(
        default=True,
        help_text="Ends a trial that is a run of its own where, after an epoch, its best is below "
        "the median of four others or more.",
    )
    parallel = serializers.IntegerField(
        default=1,
        help_text=f"How many runs are under way at once, 1 to {MOST_PARALLEL}, as far as there are "
        "workers. Presets that learn in seconds are fitted one after the other.",
    )
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)

    def place_of(self, name: str) -> str:
        """Return `config` for the name of a setting."""
        known = any(name in preset.settings for preset in PRESETS.values())
        return "config" if known else super().place_of(name)


INPUT = SearchInput
