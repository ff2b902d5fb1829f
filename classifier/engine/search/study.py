"""Which settings to try next, by Optuna (Akiba et al., 2019), and which of them mattered.

Its study lives in memory alone and is built again for every question, of the trials that there
are: who asks keeps them. A question's random numbers come of the search's seed and the trial's
number, so the same trials bring the same answer, in whichever process.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from classifier.engine.search.dimensions import Choices, Dimension, Space

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.study import Study

Sampler = Literal["tpe", "random", "grid", "nsga2"]
Params = dict[str, Any]
# Where Optuna's NSGA-II keeps a trial's generation.
_GENERATION = "NSGAIISampler:generation"
# So many trials, and so many for each setting, before importance means anything.
_LEAST_TRIALS, _LEAST_EACH = 10, 3
# Median pruning begins when so many trials have ended, and lets a trial learn for so many epochs.
_PRUNE_AFTER, _WARM_UP = 4, 2


@dataclass(frozen=True)
class Past:
    """A trial: its settings, and its ``value`` (greater is better; None: it failed, or goes on).

    ``generation`` is what ``ask`` gave with it.
    """

    params: Params
    value: float | None
    under_way: bool = False
    generation: int | None = None


@dataclass(frozen=True)
class Asked:
    """What to try next."""

    params: Params
    generation: int | None = None


def ask(
    space: Space,
    *,
    sampler: Sampler,
    seed: int,
    number: int,
    trials: int,
    past: Sequence[Past],
    again: int = 0,
) -> Asked:
    """Return what trial ``number`` of ``trials`` is to try.

    ``past`` are the trials before it whose settings lie in the space. ``again`` counts the times
    that the answer was one that is known already. A grid has no trial past its size.
    """
    if sampler == "grid":
        return Asked(grid_point(space, seed, number))
    study = _study(space, past, _sampler(sampler, [seed, number, again], trials))
    trial = study.ask({name: _distribution(each) for name, each in space.items()})
    generation = study.trials[-1].system_attrs.get(_GENERATION)
    return Asked({name: _kept(space[name], trial.params[name]) for name in space}, generation)


def grid_point(space: Space, seed: int, number: int) -> Params:
    """Return a point of the grid, in an order that the seed shuffles; raises IndexError."""
    points = list(product(*(each.grid() for each in space.values())))
    order = np.random.default_rng(seed).permutation(len(points))
    return dict(zip(space, points[order[number]], strict=True))


def lies_in(space: Space, values: Mapping[str, Any]) -> Params | None:
    """Return the space's part of some settings; None where they lie outside of it."""
    if all(name in values and each.contains(values[name]) for name, each in space.items()):
        return {name: values[name] for name in space}
    return None


def importances(space: Space, past: Sequence[Past]) -> dict[str, float] | None:
    """Return which share of the values' differences each setting explains (fANOVA).

    Hutter, Hoos and Leyton-Brown, 2014. None where there are too few trials to say, one setting
    alone, or no differences.
    """
    done = [each for each in past if each.value is not None]
    enough = len(done) >= max(_LEAST_TRIALS, _LEAST_EACH * len(space))
    if not enough or len(space) < 2 or len({each.value for each in done}) < 2:
        return None
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    study = _study(space, done, _sampler("random", [0], len(done)))
    found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return {name: float(found.get(name, 0.0)) for name in space}


def is_behind(own: Mapping[int, float], others: Sequence[Mapping[int, float]]) -> bool:
    """Whether a trial's best value so far is below the others' median at the same epoch.

    Each maps an epoch to its value (greater is better); ``others`` are trials that ran their
    course. Optuna's ``MedianPruner``.
    """
    import optuna
    from optuna.pruners import MedianPruner
    from optuna.trial import TrialState, create_trial

    _quietly()
    study = optuna.create_study(direction="maximize")
    for each in others:
        study.add_trial(create_trial(value=max(each.values()), intermediate_values=dict(each)))
    trial = create_trial(state=TrialState.RUNNING, intermediate_values=dict(own))
    pruner = MedianPruner(
        n_startup_trials=_PRUNE_AFTER, n_warmup_steps=_WARM_UP, n_min_trials=_PRUNE_AFTER
    )
    return pruner.prune(study, trial)


def _study(space: Space, past: Sequence[Past], sampler: "BaseSampler") -> "Study":
    import optuna
    from optuna.trial import TrialState, create_trial

    _quietly()
    study = optuna.create_study(direction="maximize", sampler=sampler)
    distributions = {name: _distribution(each) for name, each in space.items()}
    for each in past:
        state = TrialState.COMPLETE if each.value is not None else TrialState.FAIL
        attributes = {} if each.generation is None else {_GENERATION: each.generation}
        study.add_trial(
            create_trial(
                state=TrialState.RUNNING if each.under_way else state,
                value=each.value,
                params=dict(each.params),
                distributions=distributions,
                system_attrs=attributes,
            )
        )
    return study


def _sampler(name: Sampler, seed: list[int], trials: int) -> "BaseSampler":
    from optuna.samplers import NSGAIISampler, RandomSampler, TPESampler

    number = int(np.random.SeedSequence(seed).generate_state(1)[0])
    if name == "tpe":
        # By chance at first: a third of a small budget, ten trials of a large one.
        return TPESampler(seed=number, n_startup_trials=min(10, max(4, trials // 3)))
    if name == "nsga2":
        # About five generations, or Optuna's fifty to each.
        return NSGAIISampler(seed=number, population_size=min(50, max(4, trials // 5)))
    return RandomSampler(seed=number)


def _distribution(dimension: Dimension) -> "BaseDistribution":
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if isinstance(dimension, Choices):
        return CategoricalDistribution(dimension.options)
    if dimension.whole:
        return IntDistribution(int(dimension.low), int(dimension.high), log=dimension.log)
    return FloatDistribution(dimension.low, dimension.high, log=dimension.log)


def _kept(dimension: Dimension, value: Any) -> Any:
    return value if isinstance(dimension, Choices) else dimension.neat(value)


def _quietly() -> None:
    """Say nothing of every trial: the job's log does."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
