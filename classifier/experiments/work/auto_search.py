"""The short search of Auto: variants of the best candidate, one after the other."""

from statistics import median
from typing import Any

from classifier.engine.errors import InvalidConfig
from classifier.engine.measure.auto import Tried, best_of
from classifier.experiments.selectors.auto import candidate_members, figures_of, tried_of
from classifier.models import Experiment

TRIALS = 12


def next_trial(experiment: Experiment) -> tuple[int, dict[str, Any]] | None:
    """Return number and settings of the next trial; None when there is none any more.

    The trial that is under way comes first; then what the search proposes after what is known.
    """
    from classifier.engine.search.propose import propose

    members = candidate_members(experiment)
    trials = [each for each in members if each.spec["stage"] == "search"]
    under_way = [each for each in trials if figures_of(each) is None]
    if under_way:
        return under_way[0].number, under_way[0].spec
    found = [figures_of(each) or {} for each in trials]
    if len(trials) >= TRIALS or any(each.get("out_of_time") for each in found):
        return None
    tried = {each.number: each for each in tried_of(experiment)}
    first = len(experiment.settings["candidates"])
    begun = [each for number, each in tried.items() if number < first]
    if not begun:
        return None
    base = best_of(begun)
    spec = next(each.spec for each in members if each.number == base.number)
    done = [(spec["config"], _value(base))]
    done += [(each.spec["config"], _value(tried.get(each.number))) for each in trials]
    try:
        config = propose(
            preset=base.preset,
            done=done,
            base=spec["config"],
            trials=TRIALS + 1,
            seed=experiment.settings["seed"],
        )
    except InvalidConfig:
        # The preset takes nothing else: what has been found is not lost for that.
        return None
    number = len(trials)
    took = [tried[each.number].seconds for each in trials if each.number in tried]
    return first + number, {
        "stage": "search",
        "title": f"{spec['title']}, variant {number + 1}",
        "preset": base.preset,
        "config": config,
        "predicted": median(took) if took else 0.0,
    }


def _value(tried: Tried | None) -> float | None:
    """Return what the search makes as large as it can: accuracy, and of equals less loss."""
    if tried is None:
        return None
    return float(tried.right.mean()) - 1e-6 * min(tried.loss, 100.0)
