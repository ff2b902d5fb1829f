"""Where a training stands: what a checkpoint keeps of it beside the arrays."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from classifier.engine.curves import EpochMetrics, best_epoch, rank
from classifier.engine.fit.checkpoints import Array
from classifier.engine.fit.self_training import Chosen
from classifier.engine.presets.config import Precision


@dataclass(kw_only=True)
class FitState:
    """Where a training stands; with the arrays of a checkpoint, all that a resume needs.

    ``best`` are the weights of the best epoch so far, by ``curves.rank``.
    ``cut_short`` names the last stage that ended before its epochs were over. ``spent`` are the
    seconds that the training has taken, in all attempts; ``time_is_up`` says that they ended it,
    ``finish_asked`` that a person did, ``diverged`` the sentence where the loss became no number
    after some good epochs. ``precision`` is what a network was begun in, ``batch_size`` how many
    images its steps take (0: not decided yet), ``batch_why`` why so many, ``batch_sizes`` how many
    those of each stage took. ``chosen`` are the unlabelled images that joined after
    ``first_epochs``; None until they are chosen. ``tuned_from`` is the epoch whose weights
    fine-tuning began with, 0 before it. ``weights_sha256`` is the hash of the pretrained network's
    file, if there is one. ``distillation`` is what a student's run tells (``fit.distilled``).
    """

    stage: str = ""
    stage_epochs: int = 0
    cut_short: str = ""
    best_epoch: int = 0
    spent: float = 0.0
    time_is_up: bool = False
    finish_asked: bool = False
    diverged: str = ""
    precision: Precision | Literal[""] = ""
    batch_size: int = 0
    batch_why: str = ""
    batch_sizes: dict[str, int] = field(default_factory=dict)
    weights_sha256: str = ""
    chosen: Chosen | None = None
    first_epochs: int = 0
    tuned_from: int = 0
    distillation: dict[str, Any] = field(default_factory=dict)
    history: list[EpochMetrics] = field(default_factory=list)
    best: list[Array] = field(default_factory=list)

    @property
    def epoch(self) -> int:
        """The last finished epoch, counted over all stages."""
        return len(self.history)

    @property
    def is_over(self) -> bool:
        """Whether no stage follows: by a limit, a person's wish, or a loss that is no number."""
        return bool(self.time_is_up or self.finish_asked or self.diverged)

    @property
    def best_metrics(self) -> EpochMetrics:
        """The best epoch's row; there is one once an epoch has finished."""
        return self.history[self.best_epoch - 1]

    @property
    def waited(self) -> int:
        """How many epochs ago the stage had its best one.

        A stage is measured against itself, as each ``fit`` of Keras is: one that begins below the
        best epoch of an earlier stage may still come past it.
        """
        rows = self.history[len(self.history) - self.stage_epochs :]
        best = best_epoch(rows)
        return 0 if best is None else self.epoch - best

    @property
    def kept_chosen(self) -> Chosen | None:
        """The unlabelled images that the best epoch learned from; None where there are none.

        Where the fit without them was the better one, fine-tuning begins with it and learns from
        the labels alone.
        """
        if self.chosen is None or not self.chosen.places:
            return None
        return self.chosen if (self.tuned_from or self.best_epoch) > self.first_epochs else None

    def enter(self, stage: str) -> None:
        """Begin a stage, unless a checkpoint has brought us into it."""
        if self.stage != stage:
            self.stage, self.stage_epochs = stage, 0

    def choose(self, chosen: Chosen) -> None:
        """Take the unlabelled images that join from here on."""
        self.chosen, self.first_epochs = chosen, self.epoch

    def tune(self) -> None:
        """Begin fine-tuning with the best epoch so far."""
        self.tuned_from = self.best_epoch

    def take(self, metrics: EpochMetrics, weights: list[Array]) -> None:
        """Take a finished epoch, and its weights where it is the best so far."""
        better = not self.best_epoch or rank(metrics) > rank(self.best_metrics)
        self.history.append(metrics)
        self.stage_epochs += 1
        if better:
            self.best_epoch, self.best = metrics.epoch, weights

    def to_json(self) -> dict[str, Any]:
        """Return everything but the arrays, for a checkpoint's manifest."""
        values = asdict(self)
        del values["best"]
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any], best: list[Array]) -> "FitState":
        """Return the state that ``to_json`` gave, with the best epoch's weights."""
        rows = [EpochMetrics(**row) for row in values["history"]]
        chosen = values["chosen"] and Chosen(**values["chosen"])
        known = {each.name for each in fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        return cls(**{**kept, "history": rows, "chosen": chosen, "best": best})
