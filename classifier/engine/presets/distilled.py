"""Small networks that learn from the answers of a trained model, within a budget of a device."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from classifier.engine.backbones.weights import Weights
from classifier.engine.errors import InvalidConfig, WeightsUnavailable
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.setting import Setting, setting

_SECTION = "Distillation"
# The teacher's answers say what these would: how much a class and an image counts.
_NOT_OFFERED = frozenset({"self_training", "balance", "focal_gamma", "synthetic", "reweight_by"})
MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class DistilledConfig(TrainingConfig):
    """The settings of a student: whose answers it learns from, and how small it must be."""

    teacher: str = setting(
        "Teacher",
        "The model version whose answers the student learns: the API takes its id. It must know "
        "the classes of the dataset version and no others.",
        default="",
        group="basic",
        section=_SECTION,
        word="A small network learns more from “80 % cat, 20 % dog” than from “cat” (Hinton, "
        "Vinyals and Dean, 2015).",
    )
    max_megabytes: float = setting(
        "Size, at most (MB)",
        "The student's model file, in millions of bytes: the largest network that fits is trained.",
        default=1.0,
        group="basic",
        section=_SECTION,
        minimum=0.05,
        maximum=100.0,
    )
    max_milliseconds: float = setting(
        "Time for an image, at most (ms)",
        "Milliseconds of one core, as the worker measures each candidate before it trains; 0 sets "
        "no limit. A smaller image size is faster. Which network is chosen depends on how fast the "
        "worker is then: two runs with one seed may train different ones.",
        default=0.0,
        group="basic",
        section=_SECTION,
        minimum=0.0,
        maximum=10_000.0,
    )
    unlabelled: bool = setting(
        "Learn from images without a class",
        "Up to 20,000 images of the dataset that have no class join, with the teacher's answers: "
        "none that is validated or tested on, and no copy of one.",
        default=True,
        section=_SECTION,
    )
    teacher_share: float = setting(
        "Weight of the teacher",
        "How much of the loss of a labelled image is the teacher's answer; the rest is its label. "
        "Images without a class have the teacher's answer alone.",
        default=0.9,
        section=_SECTION,
        minimum=0.0,
        maximum=1.0,
    )
    softening: float = setting(
        "Softening",
        "The temperature by which the teacher's and the student's logits are divided before they "
        "are compared; 1 takes the answers as they are.",
        default=3.0,
        section=_SECTION,
        word="The higher it is, the more the student learns of the classes that the teacher "
        "thinks improbable.",
        minimum=1.0,
        maximum=20.0,
    )

    @property
    def learns_unlabelled(self) -> bool:
        """Whether images without a class may join."""
        return self.unlabelled

    @classmethod
    def settings(cls) -> dict[str, Setting]:
        """Return the settings by name, without those that the teacher's answers replace."""
        return {name: each for name, each in super().settings().items() if name not in _NOT_OFFERED}

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON values; ``Preset.config`` takes them back."""
        return {
            name: value for name, value in super().to_dict().items() if name not in _NOT_OFFERED
        }


@dataclass(frozen=True)
class Candidate:
    """A network that may be the student: the first ``blocks`` of a larger one.

    ``bytes`` is how large its model file is at most, ``milliseconds`` what one core takes for an
    image, as measured here; None: not measured.
    """

    blocks: int
    bytes: int
    milliseconds: float | None = None

    def is_small_enough(self, config: DistilledConfig) -> bool:
        """Whether its file keeps to the budget."""
        return self.bytes <= config.max_megabytes * MEGABYTE

    def is_fast_enough(self, config: DistilledConfig) -> bool:
        """Whether it was measured to keep to the budget."""
        limit = config.max_milliseconds
        return not limit or (self.milliseconds is not None and self.milliseconds <= limit)

    @property
    def told(self) -> str:
        """Its size, and its time where that was measured, in words."""
        size = f"{self.bytes / MEGABYTE:.2f} MB"
        return size if self.milliseconds is None else f"{size} and {self.milliseconds:.2f} ms"


class DistilledPreset(Preset[DistilledConfig]):
    """Networks of several sizes, of which the largest within the budget learns from a teacher.

    ``weights`` is the file of the pretrained weights that they all begin with.
    """

    kind = "distilled"
    main = ("teacher", "max_megabytes", "max_milliseconds")
    single_runs = (
        "A student learns from a model that may know the images which the fits of an experiment "
        "are measured on: start single runs, and compare their reports."
    )
    weights: ClassVar[Weights]

    @abstractmethod
    def candidates(self, class_names: Sequence[str]) -> list[Candidate]:
        """Return the networks that there are, the smallest first."""

    @abstractmethod
    def untrained(
        self, candidate: Candidate, image_size: int, classes: int, weights: Path
    ) -> bytes:
        """Return a model file as fast as the candidate's will be, without TensorFlow."""

    @abstractmethod
    def network(self, candidate: Candidate, image_size: int, weights: Path) -> Any:
        """Return the candidate's Keras network without a last layer: (n, size, size, 3) → (n, w).

        All of it is trainable. Called on workers alone.
        """

    def missing(self, weights_dir: Path | None) -> WeightsUnavailable | None:
        """Return what to say where the weights are not on this machine."""
        return None if self.weights.at_hand(weights_dir) else self.weights.missing()

    def small_enough(self, config: DistilledConfig, class_names: Sequence[str]) -> list[Candidate]:
        """Return the candidates whose files fit; raises InvalidConfig where none does."""
        there = self.candidates(class_names)
        found = [each for each in there if each.is_small_enough(config)]
        if not found:
            sentence = (
                f"The smallest student for {len(class_names):,} classes has {there[0].told}; "
                f"received max_megabytes {config.max_megabytes:g}."
            )
            raise InvalidConfig([("max_megabytes", sentence)])
        return found
