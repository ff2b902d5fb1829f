"""What came of a search, of its trials."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from classifier.engine.measure.search import BestTrial, Importance, SearchResult, ranked
from classifier.engine.presets.registry import PRESETS
from classifier.engine.search.space import stored_space
from classifier.engine.search.study import Past, importances
from classifier.experiments.selectors.trials import Trial, seconds_spent, validation_images
from classifier.models import Experiment
from jobs.errors import JobFailed


def search_result(
    experiment: Experiment,
    trials: Sequence[Trial],
    *,
    over: Literal["", "trials", "time", "grid", "space"],
) -> SearchResult:
    """Return the result; raises `JobFailed` where no trial has a figure."""
    asked = experiment.settings
    order = ranked([each.score for each in trials])
    if not order:
        last = next((each.reason for each in reversed(trials) if each.reason), "")
        raise JobFailed(
            "bad_data", f"No trial came to an end. {last}".strip(), "Give the search more time."
        )
    best = trials[order[0]]
    result = SearchResult(
        best=BestTrial(
            number=best.number,
            value=best.value or 0.0,
            accuracy=best.accuracy,
            loss=best.loss,
            params=best.params,
            config=best.config,
        ),
        objective=asked["objective"],
        images=validation_images(experiment),
        first_value=None if asked["sampler"] == "grid" else trials[0].value,
        trials=len(trials),
        pruned=sum(each.status == "pruned" for each in trials),
        failed=sum(each.status == "failed" for each in trials),
        seconds=seconds_spent(trials),
        ended=over or "trials",
        importance=_importance(experiment, trials),
    )
    return replace(result, advice=result.words)


def _importance(experiment: Experiment, trials: Sequence[Trial]) -> tuple[Importance, ...] | None:
    """Return the settings that matter most first."""
    asked = experiment.settings
    space = stored_space(PRESETS[asked["preset"]], asked["space"])
    past = [Past(each.params, each.score) for each in trials if each.params]
    found = importances(space, past)
    if found is None:
        return None
    shares = sorted(found.items(), key=lambda each: -each[1])
    return tuple(Importance(setting=name, share=share) for name, share in shares)
