"""Networks that are trained from random weights."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

from classifier.engine.presets.config import PrecisionChoice, TrainingConfig
from classifier.engine.presets.preset import Preset, require_changed_copies
from classifier.engine.presets.setting import setting


@dataclass(frozen=True, kw_only=True)
class ScratchConfig(TrainingConfig):
    """The settings of a network that is trained from random weights."""

    precision: PrecisionChoice = setting(
        "Precision",
        "Numbers inside the network while it trains: auto takes bfloat16 where a short measurement "
        "on the worker says that it is faster. The saved model is float32.",
        enum=get_args(PrecisionChoice),
        section="Repeatability",
        word="Half as many bits for each number: less memory, faster, slightly less exact.",
    )


@dataclass(frozen=True, kw_only=True)
class NormalizedConfig(ScratchConfig):
    """The settings of a network whose convolutions are followed by batch normalization."""

    batch_normalization: bool = setting(
        "Batch normalization",
        "Normalizes what each convolution gives over the batch; off, batches may be very small.",
        default=True,
        section="Regularization",
        word="Every layer receives numbers of a similar size, so that deep networks learn at all.",
    )


@dataclass(frozen=True, kw_only=True)
class ResidualConfig(NormalizedConfig):
    """The settings of a network with residual blocks, which may be left out at random."""

    stochastic_depth: float = setting(
        "Stochastic depth",
        "Probability of leaving out the last residual block in a step; earlier ones less often.",
        default=0.0,
        minimum=0.0,
        maximum=0.8,
        section="Regularization",
        word="A shallower network each time, all of which have to answer well.",
    )


Networks = TypeVar("Networks", bound=ScratchConfig)


class ScratchPreset(Preset[Networks], Generic[Networks]):
    """A network of our own; the subclass builds everything between the pixels and the head."""

    kind = "scratch"

    def config(self, overrides: Mapping[str, Any]) -> Networks:
        """Return the settings; synthetic examples are copies that augmentation changes."""
        config = super().config(overrides)
        require_changed_copies(config)
        return config

    @abstractmethod
    def features(self, pixels: Any, config: Networks, policy: str) -> Any:
        """Return features (n, width) of the Keras tensor ``pixels`` (n, size, size, 3), -1..1.

        ``policy`` is the Keras precision of the computation; weights are float32 either way.
        Called on workers alone: the module imports Keras inside this method.
        """
