"""A new last layer on a pretrained network, then on request its last blocks too."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, get_args

from classifier.engine.backbones.backbone import Backbone
from classifier.engine.errors import InvalidConfig, WeightsUnavailable
from classifier.engine.presets.augmentation import CHANGES, Augmentation
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.presets.preset import Preset, require_changed_copies
from classifier.engine.presets.setting import Needs, setting

MOST_BLOCKS = 1000
_SECTION = "Fine-tuning"
# A head learns from vectors that were computed once: of each image, and of its mirror image.
HEAD_AUGMENTATIONS: tuple[Augmentation, ...] = ("none", "mirror")
# Where both are 0 a head alone is trained.
_PIXEL_EPOCHS = ("fine_tune_epochs", "all_epochs")
_REPEATABLE = (
    "deterministic has an effect on networks alone; only the last layer is trained, which gives "
    "the same numbers each time. Leave it on, or set fine_tune_epochs to 1 or more."
)


@dataclass(frozen=True, kw_only=True)
class TransferConfig(TrainingConfig):
    """The settings of a head on a pretrained network."""

    augmentation: Augmentation = setting(
        "Augmentation",
        "Without fine-tuning the last layer learns from vectors that are computed once: none takes "
        "each image as it is, mirror its mirror image too. Fine-tuning may also shift images "
        "(shift), or rotate, scale and recolour them (full).",
        enum=get_args(Augmentation),
        group="basic",
        section="Augmentation",
        word="Changed copies teach the network what does not matter: where a thing lies, which way "
        "it faces, how bright the light is.",
    )
    fine_tune_epochs: int = setting(
        "Fine-tuning epochs",
        "Epochs that also train the last blocks, after the head; 0 trains none.",
        group="basic",
        section=_SECTION,
        word="The pretrained network learns what is particular about your images, slowly, so that "
        "it does not forget the rest.",
        minimum=0,
        maximum=200,
    )
    fine_tune_blocks: int = setting(
        "Fine-tuned blocks",
        "How many of the network's blocks, from the end, fine-tuning changes.",
        needs=Needs("fine_tune_epochs", least=1),
        section=_SECTION,
        minimum=1,
        maximum=MOST_BLOCKS,
    )
    fine_tune_learning_rate: float = setting(
        "Fine-tuning learning rate",
        "The highest step size while fine-tuning.",
        needs=Needs("fine_tune_epochs", least=1),
        section=_SECTION,
        minimum=1e-7,
        maximum=0.1,
    )
    all_epochs: int = setting(
        "Epochs of all blocks",
        "Epochs that train the whole network, after the last blocks; 0 trains none.",
        default=0,
        section=_SECTION,
        word="The third stage: first the last layer, then the last blocks, then all of them.",
        minimum=0,
        maximum=200,
    )
    all_learning_rate: float = setting(
        "Learning rate of all blocks",
        "The highest step size while the whole network is trained.",
        default=0.00002,
        needs=Needs("all_epochs", least=1),
        section=_SECTION,
        minimum=1e-7,
        maximum=0.1,
    )

    @property
    def planned_epochs(self) -> int:
        """How many epochs a training may take: those of the head, then those of fine-tuning."""
        return super().planned_epochs + self.fine_tune_epochs + self.all_epochs


def limits_of(backbone: Backbone) -> dict[str, tuple[float, float]]:
    """Return what this network allows: how small an image, and how many blocks to fine-tune."""
    least = max(64, backbone.least_size)
    return {"image_size": (least, 448), "fine_tune_blocks": (1, backbone.blocks)}


def defaults_of(backbone: Backbone, **changes: Any) -> TransferConfig:
    """Return what trains a head well on any network's vectors, with ``changes``."""
    values: dict[str, Any] = {
        "epochs": 30,
        "batch_size": 32,
        "learning_rate": 0.001,
        "image_size": backbone.image_size,
        "augmentation": "none",
        "dropout": 0.2,
        "weight_decay": 0.01,
        "label_smoothing": 0.05,
        "early_stopping_patience": 10,
        "seed": 0,
        "deterministic": True,
        "fine_tune_epochs": 0,
        "fine_tune_blocks": min(3, backbone.blocks),
        "fine_tune_learning_rate": 0.0001,
    }
    return TransferConfig(**{**values, **changes})


class TransferPreset(Preset[TransferConfig]):
    """A pretrained network; the subclass says which."""

    kind = "transfer"
    main = ("epochs", "augmentation", "fine_tune_epochs")
    backbone: ClassVar[Backbone]

    @property
    def facts(self) -> dict[str, int | str]:
        """What is known of the network before it is trained."""
        return {
            "parameters": self.backbone.parameters,
            "vector_length": self.backbone.width,
            "blocks": self.backbone.blocks,
            "weights_file": self.backbone.weights.name,
            "licence": self.backbone.licence,
        }

    def missing(self, weights_dir: Path | None) -> WeightsUnavailable | None:
        """Return what to say where the weights are not on this machine."""
        weights = self.backbone.weights
        return None if weights.at_hand(weights_dir) else weights.missing()

    def config(self, overrides: Mapping[str, Any]) -> TransferConfig:
        """Return the settings; a head alone takes no augmentation that needs new pixels."""
        config = super().config(overrides)
        if self.is_frozen(config) and config.augmentation not in HEAD_AUGMENTATIONS:
            allowed = " or ".join(HEAD_AUGMENTATIONS)
            sentence = (
                f"augmentation must be {allowed} where only the last layer is trained, on vectors "
                f"that are computed once; received {config.augmentation!r}. To train on changed "
                "images, set the fine-tuning epochs (fine_tune_epochs) to 1 or more."
            )
            raise InvalidConfig([("augmentation", sentence)])
        if self.is_frozen(config) and config.changed_augmentations:
            raise InvalidConfig([(name, _alone(name)) for name in config.changed_augmentations])
        if not self.is_frozen(config):
            require_changed_copies(config)
        return config

    def conditions(self) -> list[dict[str, Any]]:
        """Return what goes together, with what a head alone does not take."""
        alone = {"properties": {name: {"const": 0} for name in _PIXEL_EPOCHS}}
        none = {name: {"const": None} for name in CHANGES}
        taken = {"augmentation": {"enum": list(HEAD_AUGMENTATIONS)}, **none}
        taken["deterministic"] = {"const": True}
        return [*super().conditions(), {"if": alone, "then": {"properties": taken}}]

    def stored_config(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a stored run as they are called today.

        Before heads learned from kept vectors, a head took every augmentation as ``mirror``.
        """
        changed = {"augmentation": "mirror"} if self.stored_note(values) else {}
        return super().stored_config({**values, **changed})

    def without_effect(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return what has no effect; the sums of a head are the same each time anyway."""
        found = super().without_effect(values)
        epochs = [values.get(name, getattr(self.defaults, name)) for name in _PIXEL_EPOCHS]
        if values.get("deterministic") is False and not any(epochs):
            found["deterministic"] = _REPEATABLE
        return found

    def stored_note(self, values: Mapping[str, Any]) -> str:
        """Return what ``stored_config`` changes, in a sentence; empty where it changes nothing."""
        frozen = not (
            values.get("fine_tune_epochs", self.defaults.fine_tune_epochs)
            or values.get("all_epochs", self.defaults.all_epochs)
        )
        had = values.get("augmentation", self.defaults.augmentation)
        if not frozen or had in HEAD_AUGMENTATIONS:
            return ""
        return (
            f"The run had the augmentation {had}. Where only the last layer is trained that meant "
            "each image and its mirror image, which is called mirror now. To train on changed "
            "images, set the fine-tuning epochs (fine_tune_epochs) to 1 or more."
        )

    def is_frozen(self, config: TransferConfig) -> bool:
        """Whether only the head is trained: it learns from vectors, and no pixel is changed."""
        return not (config.fine_tune_epochs or config.all_epochs)


def _alone(name: str) -> str:
    return (
        f"{name} changes pixels, and only the last layer is trained, on vectors that are computed "
        "once. Leave it empty, or set the fine-tuning epochs (fine_tune_epochs) to 1 or more."
    )
