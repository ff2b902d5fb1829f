"""What a search was asked for, and what it tries next."""

from dataclasses import dataclass
from typing import Any, Literal

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.registry import PRESETS
from classifier.engine.search.space import config_of, size_of, stored_space
from classifier.engine.search.study import Asked, Past, ask, grid_point, lies_in
from classifier.experiments.selectors.trials import Trial, seconds_spent
from classifier.experiments.services.plans.search import most_trials
from classifier.models import Experiment

Over = Literal["", "trials", "time", "grid", "space"]
# Proposals that are known, or not taken together, are drawn once more.
_TRIES = 20


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The next trial; `same_as` has its very settings and has ended, so nothing is fitted.

    Nor where it is `refused`: why the preset does not take these settings together.
    """

    params: dict[str, Any]
    config: dict[str, Any]
    generation: int | None
    needs_run: bool
    same_as: Trial | None
    refused: str = ""


class SearchPlan:
    """The settings of a search's experiment."""

    def __init__(self, experiment: Experiment) -> None:
        asked = experiment.settings
        self.experiment = experiment
        self.preset = PRESETS[asked["preset"]]
        self.base = self.preset.config(self.preset.stored_config(asked["config"])).to_dict()
        self.space = stored_space(self.preset, asked["space"])
        self.sampler = asked["sampler"]
        self.objective = asked["objective"]
        self.pruning: bool = asked["pruning"]
        self.parallel: int = asked["parallel"]
        self.seed: int = asked["seed"]
        self.timeout: int | None = asked["timeout_seconds"]
        self.planned: int | None = asked["trials"]
        self.most = most_trials(asked, self.space)
        self.combinations = size_of(self.space)

    @property
    def most_trials(self) -> int | None:
        """How many trials there will be; None where time alone ends it."""
        return self.most if self.planned or self.sampler == "grid" else None

    def seconds_left(self, trials: list[Trial]) -> float | None:
        """Return how long trials may go on to learn; None without such a budget."""
        return None if self.timeout is None else self.timeout - seconds_spent(trials)

    def is_over(self, trials: list[Trial]) -> Over:
        """Return why no further trial begins; empty where one may."""
        left = self.seconds_left(trials)
        if left is not None and left <= 0:
            return "time"
        if len(trials) < self.most:
            used_up = self.sampler != "grid" and len(self._tried(trials)) == self.combinations
            return "space" if used_up else ""
        return "grid" if self.sampler == "grid" and self.most != self.planned else "trials"

    def next(self, trials: list[Trial]) -> Proposal:
        """Return what to try after these; the same of the same trials.

        One that is refused where the preset does not take the grid's point, or any of the draws.
        """
        if not trials and self.sampler != "grid":
            config = self.preset.config(self.base)
            return self._proposal(Asked(lies_in(self.space, self.base) or {}), config, None)
        proposal, tried = None, self._tried(trials)
        for again in range(_TRIES):
            asked = self._ask(trials, again)
            try:
                config = config_of(self.preset, self.base, asked.params)
            except InvalidConfig as error:
                proposal = proposal or self._refused(asked, str(error))
                if self.sampler == "grid":
                    return proposal
                continue
            known = _known(trials, config)
            found = self._proposal(asked, config, known)
            if known is None:
                return found
            # Of known settings rather a combination that has not been counted.
            if proposal is None or self._values(asked.params) not in tried:
                proposal = found
        if proposal is None:
            raise RuntimeError("nothing was asked")
        return proposal

    def _tried(self, trials: list[Trial]) -> set[tuple[Any, ...]]:
        """Return the combinations of the space that there have been."""
        return {self._values(each.params) for each in trials if each.params}

    def _values(self, params: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(params[name] for name in self.space)

    def _refused(self, asked: Asked, why: str) -> Proposal:
        return Proposal(
            params=asked.params,
            config={**self.base, **asked.params},
            generation=asked.generation,
            needs_run=False,
            same_as=None,
            refused=f"These settings cannot be trained together. {why}",
        )

    def _ask(self, trials: list[Trial], again: int) -> Asked:
        if self.sampler == "grid":
            return Asked(grid_point(self.space, self.seed, len(trials)))
        past = [
            Past(each.params, each.score, each.is_open, each.generation)
            for each in trials
            # The first may lie outside of the space.
            if each.params
        ]
        return ask(
            self.space,
            sampler=self.sampler,
            seed=self.seed,
            number=len(trials),
            trials=self.most,
            past=past,
            again=again,
        )

    def _proposal(self, asked: Asked, config: PresetConfig, known: Trial | None) -> Proposal:
        ended = known if known is not None and not known.is_open else None
        return Proposal(
            params=asked.params,
            config=config.to_dict(),
            generation=asked.generation,
            needs_run=self.preset.needs_keras(config),
            same_as=ended,
        )


def _known(trials: list[Trial], config: PresetConfig) -> Trial | None:
    """Return an earlier trial of the very same settings."""
    values = config.to_dict()
    return next((each for each in trials if each.config == values), None)
