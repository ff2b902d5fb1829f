"""TrainingConfig: the hyper-parameters of a training, checked, and saved with the run.

Each family of presets has a dataclass of its own, so a preset holds the settings that it has and
no others. A field's metadata carry its words and limits (docs/adr/0015).
"""

from dataclasses import dataclass, fields
from typing import Any, Literal

from classifier.engine.presets.augmentation import AugmentationSettings
from classifier.engine.presets.balance import BalanceSettings
from classifier.engine.presets.optimization import OptimizationSettings
from classifier.engine.presets.self_training import SelfTrainingSettings
from classifier.engine.presets.setting import Setting, setting, setting_of
from classifier.engine.presets.subgroups import SubgroupSettings
from common.fit import FITS, Fit

Precision = Literal["float32", "bfloat16"]
PrecisionChoice = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class PresetConfig:
    """What the settings of every preset have in common; a family's dataclass states its own."""

    fit: Fit = setting(
        "Fit",
        "How an image that is not square becomes one: stretch scales width and height separately, "
        "crop cuts the square out of the middle, pad fills up with grey bars.",
        default="stretch",
        enum=FITS,
        section="Image",
        word="Predictions do the same. Stretching keeps everything but changes shapes, crop loses "
        "what is at the edges, pad keeps shapes and edges but shows them smaller.",
    )

    @property
    def pixels_side(self) -> int:
        """The side of the squares of pixels that go in."""
        raise NotImplementedError

    @property
    def random_seed(self) -> int:
        """What every random choice of a training is drawn from."""
        raise NotImplementedError

    @property
    def augmentation_text(self) -> str:
        """Which augmentation changes the images that go in; none: they go in as they are."""
        return "none"

    @property
    def subgroup_column(self) -> str:
        """The column by whose subgroups images are weighed; empty where they are not."""
        return ""

    @property
    def learns_unlabelled(self) -> bool:
        """Whether images without a class may join."""
        return False

    @property
    def planned_epochs(self) -> int:
        """How many epochs a training may take, over all stages; 0 where there are no epochs."""
        return 0

    @classmethod
    def settings(cls) -> dict[str, Setting]:
        """Return the settings by name, in the order in which to show them."""
        return {
            field.name: setting_of(field.name, field.type, field.metadata["setting"])
            for field in fields(cls)
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON values; ``Preset.config`` takes them back."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(
    OptimizationSettings,
    SelfTrainingSettings,
    BalanceSettings,
    SubgroupSettings,
    AugmentationSettings,
    PresetConfig,
):
    """The settings of every preset that is trained epoch by epoch."""

    epochs: int = setting(
        "Epochs",
        "How often training goes through all training images, at most.",
        group="basic",
        word="One epoch is one pass through all training images.",
        minimum=1,
        maximum=1000,
    )
    batch_size: int | Literal["auto"] = setting(
        "Batch size",
        "Images per step. Larger is faster and needs more memory; auto takes the preset's own, or "
        "the largest half, quarter … of it that fits into the worker's memory.",
        word_value="auto",
        word="The network changes its weights after each batch of images, not after each image.",
        minimum=1,
        maximum=1024,
    )
    learning_rate: float = setting(
        "Learning rate",
        "The highest step size; the schedule says how it changes meanwhile.",
        group="basic",
        section="Optimizer and learning rate",
        word="How far each step moves the weights. Too high and the error jumps about, too low and "
        "the training takes for ever.",
        minimum=1e-6,
        maximum=1.0,
    )
    image_size: int = setting(
        "Image size",
        "Every image is resized to a square with sides of this many pixels; the fit says how.",
        group="basic",
        word="Small details are lost in small images; twice the side takes four times as long.",
        minimum=8,
        maximum=512,
    )
    dropout: float = setting(
        "Dropout",
        "Share of features hidden at random before the last layer.",
        section="Regularization",
        word="A network that cannot count on any single feature learns to use many.",
        minimum=0.0,
        maximum=0.9,
    )
    weight_decay: float = setting(
        "Weight decay",
        "How strongly weights are pulled towards 0: by AdamW itself, with the other optimizers as "
        "an L2 penalty in the gradient.",
        section="Regularization",
        word="Small weights make a smoother network, which fits single images less closely.",
        minimum=0.0,
        maximum=0.5,
    )
    label_smoothing: float = setting(
        "Label smoothing",
        "Probability spread over all classes in the target; less over-confidence.",
        section="Regularization",
        word="The network is asked for 95 % instead of 100 % certainty, say, so that it does not "
        "learn to be sure of everything.",
        minimum=0.0,
        maximum=0.5,
    )
    early_stopping_patience: int = setting(
        "Patience",
        "Stop after this many epochs without a lower validation loss, counted in each stage for "
        "itself; 0 never stops early. The best epoch of all is kept either way.",
        section="Regularization",
        word="Training longer than the validation images gain from is learning by heart.",
        minimum=0,
        maximum=1000,
    )
    seed: int = setting(
        "Seed",
        "Start of all randomness: first weights, order, augmentation, dropout.",
        section="Repeatability",
        word="Two runs with one seed draw the same random numbers; another seed shows how much "
        "of a result is luck.",
        minimum=0,
        maximum=2**31 - 1,
    )
    deterministic: bool = setting(
        "Repeatable",
        "The same data, settings and machine give the same model, bit for bit.",
        section="Repeatability",
        word="Some fast computations give slightly different sums each time; these are left out.",
    )

    @property
    def pixels_side(self) -> int:
        """The side of the squares of pixels that go in."""
        return self.image_size

    @property
    def random_seed(self) -> int:
        """What every random choice of a training is drawn from."""
        return self.seed

    @property
    def learns_unlabelled(self) -> bool:
        """Whether images without a class may join."""
        return bool(self.self_training)

    @property
    def planned_epochs(self) -> int:
        """How many epochs a training may take, over all stages."""
        return self.epochs * (2 if self.self_training else 1)
