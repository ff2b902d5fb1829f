"""Classic methods of scikit-learn, on numbers that are computed of each image once."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

from classifier.engine.backbones.efficientnet_lite0.backbone import EFFICIENTNET_LITE0
from classifier.engine.errors import InvalidConfig
from classifier.engine.formats.classic.plan import KINDS, FeaturePlan, Kind
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.setting import Needs, setting
from classifier.engine.presets.subgroups import SubgroupSettings

Importance = Literal["", "coefficients", "impurity", "gain"]
BACKBONE = EFFICIENTNET_LITE0
_SECTION = "Numbers of an image"


@dataclass(frozen=True, kw_only=True)
class ClassicConfig(PresetConfig):
    """The settings of every classic method: what it learns from."""

    input: Kind = setting(
        "Input",
        "What it learns from: vectors of a network that knows photographs, the pixels themselves "
        "(for small, simple images), directions of edges (hog), textures (lbp), histograms of "
        "colours, or the last three together.",
        enum=KINDS,
        section=_SECTION,
        word="A classic method sees no picture but a list of numbers, the same ones of each image.",
    )
    side: int = setting(
        "Side",
        "Every image is resized to a square with sides of this many pixels, of which the numbers "
        "are taken. Vectors have a size of their own.",
        minimum=4,
        maximum=128,
        needs=Needs("input", KINDS[1:]),
        section=_SECTION,
    )
    colour: bool = setting(
        "Colour",
        "Pixels as red, green and blue; off, as grey. Edges and textures are always of grey.",
        needs=Needs("input", ("pixels",)),
        section=_SECTION,
    )
    cells: int = setting(
        "Cells",
        "Edges, textures and colours are counted in so many squares from left to right, and from "
        "top to bottom.",
        minimum=2,
        maximum=16,
        needs=Needs("input", KINDS[2:]),
        section=_SECTION,
        word="Few cells say what there is, many also where; too many make every image a case of "
        "its own.",
    )
    standardise: bool = setting(
        "Standardise",
        "Every number is taken from its mean over the train split, over its standard deviation, so "
        "that none weighs more for its unit.",
        section=_SECTION,
    )
    principal_components: int = setting(
        "Principal components",
        "Numbers an image is reduced to first (PCA), as far as there are so many; 0 keeps all. "
        "Fewer are faster and may generalise better.",
        minimum=0,
        maximum=512,
        section=_SECTION,
        word="The directions in which the images differ most; what is left out is mostly noise.",
    )

    @property
    def pixels_side(self) -> int:
        """The side of the squares of pixels that go in."""
        return BACKBONE.image_size if self.input == "vectors" else self.side

    @property
    def random_seed(self) -> int:
        """What every random choice of a training is drawn from; most methods have none."""
        return 0

    @property
    def plan(self) -> FeaturePlan:
        """What is computed of each image."""
        return FeaturePlan(
            kind=self.input, side=self.pixels_side, colour=self.colour, cells=self.cells
        )


@dataclass(frozen=True, kw_only=True)
class WeighedConfig(SubgroupSettings, ClassicConfig):
    """The settings of a method that can weigh images."""


@dataclass(frozen=True, kw_only=True)
class DrawnConfig(WeighedConfig):
    """The settings of a method that draws random numbers."""

    seed: int = setting(
        "Seed",
        "Start of all randomness.",
        section="Repeatability",
        word="Two runs with one seed draw the same random numbers.",
        minimum=0,
        maximum=2**31 - 1,
    )

    @property
    def random_seed(self) -> int:
        """What every random choice of a training is drawn from."""
        return self.seed


def balanced_setting() -> Any:
    """Return the setting of the methods that can weigh classes."""
    return setting(
        "Class weights", "Rare classes weigh as much as frequent ones.", section="Method"
    )


def least_in_leaf_setting() -> Any:
    """Return the setting of the methods that grow trees."""
    return setting(
        "Images in a leaf",
        "How many training images a leaf must hold.",
        minimum=1,
        maximum=1000,
        section="Method",
    )


class Steps(NamedTuple):
    """A fit that grows: the estimator's attribute, the word for one, in how many steps at most."""

    attribute: str
    word: str
    most: int


class ClassicPreset(Preset[ClassicConfig]):
    """A method of scikit-learn; the subclass states its estimator and its ONNX operators.

    ``most_images`` bounds the train split, ``most_stored`` the numbers that the model keeps of it,
    where it does. ``calibrates`` says that probabilities come from cross-validation within train,
    which needs two images of each class. ``importance`` says what tells which numbers matter.
    """

    kind = "classic"
    most_images: ClassVar[int] = 200_000
    most_stored: ClassVar[int | None] = None
    calibrates: ClassVar[bool] = False
    importance: ClassVar[Importance] = ""
    steps: ClassVar[Steps | None] = None

    @abstractmethod
    def estimator(self, config: Any, folds: int) -> Any:
        """Return scikit-learn's estimator, not fitted; ``folds`` are those of the calibration.

        Called on workers alone: the module imports scikit-learn inside this method.
        """

    def fitted(self, estimator: Any, numbers: Any, labels: Any, counts: Any) -> Any:
        """Return the estimator, fitted on numbers (n, k) of images of these classes (n,).

        ``counts`` (n,) say how much each image counts; None: all alike.
        """
        if counts is None:
            return estimator.fit(numbers, labels)
        return estimator.fit(numbers, labels, sample_weight=counts)

    def is_certain(self, fitted: Any, values: Any) -> Any:
        """Return for which prepared numbers (n, k) the method has one answer, as booleans (n,).

        Where there are several, scikit-learn and the file may take different ones.
        """
        return [True] * len(values)

    @abstractmethod
    def add_answers(self, graph: Any, fitted: Any, values: str) -> str:
        """Add what the fitted estimator computes of ``values`` (n, k); return probabilities.

        ``graph`` is a ``formats.classic.builder.GraphBuilder``; its module is for workers alone.
        """

    def least_images(self, config: Any) -> int:
        """Return how many train images there must be."""
        return 2

    def leaves(self, config: Any, classes: int) -> int:
        """Return how many leaves the model may have at most; 0 for a method without trees."""
        return 0

    def shares(self, config: Any, classes: int, images: int) -> int:
        """Return how many classes' shares the trees hold while they are fitted, at most."""
        return 0

    def weights(self, fitted: Any) -> Any:
        """Return what tells how much each number (k,) counts, or (m, k) of signed weights."""
        raise NotImplementedError

    def config(self, overrides: Mapping[str, Any]) -> ClassicConfig:
        """Return the settings; histograms need cells of two pixels or more."""
        config = super().config(overrides)
        if config.input not in ("vectors", "pixels") and config.side < 2 * config.cells:
            sentence = (
                f"side must be at least {2 * config.cells}, twice the cells, where {config.input} "
                f"are counted in cells; received {config.side}."
            )
            raise InvalidConfig([("side", sentence)])
        return config

    def needs_keras(self, config: ClassicConfig) -> bool:
        """No classic method does."""
        return False
