"""The learning rate of every step, as the settings say."""

import math
from dataclasses import dataclass

from classifier.engine.presets.optimization import OptimizationSettings
from classifier.engine.presets.optimization import Schedule as Kind

# The rate of the first step of a warm-up, as a share of the highest.
START_SHARE = 1 / 25


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The learning rates of a stage of ``total_steps`` steps, ``epoch_steps`` in each epoch.

    ``factor`` multiplies the rate after each ``decay_steps`` steps (``step``), or whenever the
    training asks for it (``plateau``).
    """

    kind: Kind
    highest: float
    total_steps: int
    warm_up_steps: int
    decay_steps: int
    factor: float

    @classmethod
    def of(
        cls, config: OptimizationSettings, highest: float, epochs: int, epoch_steps: int
    ) -> "Schedule":
        """Return the schedule of a stage of so many epochs, by the settings."""
        total = epochs * epoch_steps
        return cls(
            kind=config.schedule,
            highest=highest,
            total_steps=total,
            warm_up_steps=max(1, round(total * config.warm_up)) if config.warm_up else 0,
            decay_steps=config.decay_epochs * epoch_steps,
            factor=config.decay_factor,
        )

    def at(self, step: int) -> float:
        """Return the rate of a step, counted from 0, before any fall of ``plateau``."""
        if self.kind == "cosine":
            return self._cosine(step)
        if self.kind == "step":
            return self.highest * self.factor ** (step // self.decay_steps)
        return self.highest

    def _cosine(self, step: int) -> float:
        """As Keras's ``CosineDecay`` with a warm-up."""
        rising = self.warm_up_steps
        if step < rising:
            first = self.highest * START_SHARE
            return first + (self.highest - first) * step / rising
        share = min(1.0, (step - rising) / max(1, self.total_steps - rising))
        return self.highest * 0.5 * (1 + math.cos(math.pi * share))
