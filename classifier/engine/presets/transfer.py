"""A new last layer on a pretrained network, then on request its last blocks too."""

from dataclasses import dataclass
from typing import ClassVar

from classifier.engine.backbones.backbone import Backbone
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.setting import setting

MOST_BLOCKS = 1000


@dataclass(frozen=True, kw_only=True)
class TransferConfig(TrainingConfig):
    """The settings of a head on a pretrained network."""

    fine_tune_epochs: int = setting(
        "Fine-tuning epochs",
        "Epochs that also train the last blocks, after the head; 0 trains none.",
        minimum=0,
        maximum=200,
    )
    fine_tune_blocks: int = setting(
        "Fine-tuned blocks",
        "How many of the network's blocks, from the end, fine-tuning changes.",
        minimum=1,
        maximum=MOST_BLOCKS,
    )
    fine_tune_learning_rate: float = setting(
        "Fine-tuning learning rate",
        "The highest step size while fine-tuning.",
        minimum=1e-7,
        maximum=0.1,
    )

    @property
    def planned_epochs(self) -> int:
        """How many epochs a training may take: those of the head, then those of fine-tuning."""
        return self.epochs + self.fine_tune_epochs


class TransferPreset(Preset[TransferConfig]):
    """A pretrained network; the subclass says which."""

    kind = "transfer"
    backbone: ClassVar[Backbone]

    def is_frozen(self, config: TransferConfig) -> bool:
        """Whether only the head is trained: it sees each image plain, or plain and mirrored."""
        return not config.fine_tune_epochs
