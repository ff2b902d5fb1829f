"""How a training moves its weights: optimizer and learning rate schedule."""

from dataclasses import dataclass
from typing import Literal, get_args

from classifier.engine.presets.setting import Needs, setting

Optimizer = Literal["adamw", "adam", "sgd", "rmsprop"]
Schedule = Literal["cosine", "constant", "step", "plateau"]
_SECTION = "Optimizer and learning rate"


@dataclass(frozen=True, kw_only=True)
class OptimizationSettings:
    """The settings of every training by gradient descent, whatever its network."""

    optimizer: Optimizer = setting(
        "Optimizer",
        "AdamW suits most trainings. SGD with momentum needs a learning rate ten to a hundred "
        "times as high.",
        default="adamw",
        enum=get_args(Optimizer),
        section=_SECTION,
        word="The rule by which each step changes the weights, given which change would lower the "
        "error.",
    )
    momentum: float = setting(
        "Momentum",
        "How much of the last step's direction the next one keeps; sgd alone.",
        default=0.9,
        minimum=0.0,
        maximum=0.999,
        needs=Needs("optimizer", ("sgd",)),
        section=_SECTION,
        word="Steps that go on in one direction grow faster, as a ball that rolls downhill.",
    )
    schedule: Schedule = setting(
        "Schedule",
        "cosine warms up, then falls to 0; constant never changes; step falls every so many "
        "epochs; plateau falls when validation loss stops falling.",
        default="cosine",
        enum=get_args(Schedule),
        section=_SECTION,
        word="How the learning rate changes while the training goes on: large steps first, small "
        "ones to settle.",
    )
    warm_up: float = setting(
        "Warm-up",
        "Share of all steps in which the learning rate rises to its highest; cosine alone.",
        default=0.1,
        minimum=0.0,
        maximum=0.5,
        needs=Needs("schedule", ("cosine",)),
        section=_SECTION,
        word="Small steps at the start, while the weights are still random and errors are large.",
    )
    decay_epochs: int = setting(
        "Epochs to a fall",
        "step: the rate falls every so many epochs; plateau: after so many without a lower "
        "validation loss.",
        default=5,
        minimum=1,
        maximum=1000,
        needs=Needs("schedule", ("step", "plateau")),
        section=_SECTION,
    )
    decay_factor: float = setting(
        "Factor of a fall",
        "What the learning rate is multiplied with at each fall; step and plateau.",
        default=0.2,
        minimum=0.01,
        maximum=0.99,
        needs=Needs("schedule", ("step", "plateau")),
        section=_SECTION,
    )
