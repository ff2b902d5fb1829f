"""Networks that are trained from random weights."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, get_args

from classifier.engine.presets.config import Precision, TrainingConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.setting import setting


@dataclass(frozen=True, kw_only=True)
class ScratchConfig(TrainingConfig):
    """The settings of a network that is trained from random weights."""

    precision: Precision = setting(
        "Precision",
        "Numbers inside the network while it trains; bfloat16 is faster on processors that have "
        "instructions for it. The saved model is float32.",
        enum=get_args(Precision),
    )


class ScratchPreset(Preset[ScratchConfig]):
    """A network of our own; the subclass builds everything between the pixels and the head."""

    kind = "scratch"

    @abstractmethod
    def features(self, pixels: Any, config: ScratchConfig, policy: str) -> Any:
        """Return features (n, width) of the Keras tensor ``pixels`` (n, size, size, 3), -1..1.

        ``policy`` is the Keras precision of the computation; weights are float32 either way.
        Called on workers alone: the module imports Keras inside this method.
        """
