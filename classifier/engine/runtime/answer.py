"""What a predict worker sends back: the one place that says how."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from msgspec import UNSET, UnsetType

from classifier.engine.errors import EngineError
from classifier.engine.target import ImageAnswer
from classifier.engine.versioned import Versioned

FLOAT32, INT8 = "float32", "int8"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Why an image, or a whole request, has no answer; as in ``EngineError``."""

    code: str
    detail: str
    hint: str = ""


@dataclass(frozen=True)
class Near:
    """A training vector near an image: its row and the cosine of their angle."""

    row: int
    cosine: float


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What an answer leans on: the distance to the training images, and the rows of the nearest."""

    distance: float
    near: tuple[Near, ...]

    @classmethod
    def of(cls, distance: float, near: Sequence[Near]) -> Self:
        """Return what ``Decider.nearest`` has found."""
        return cls(distance=distance, near=tuple(near))


@dataclass(frozen=True, kw_only=True)
class HeatMap:
    """Where an image holds what speaks for a class.

    ``png`` is a picture as base64 text, ``method`` one of ``explain.methods.METHODS``, ``place`` in
    words where most of the heat is, empty where nothing speaks for the class.
    """

    png: str
    method: str
    class_name: str
    place: str


@dataclass(frozen=True, kw_only=True)
class CleanFile:
    """An image file without its metadata: its hash, its size in pixels, upright, and its format.

    ``content`` is the file as base64 text, ``thumbnail`` a WebP, empty where the file is small;
    both are empty once they have been stored.
    """

    sha256: str
    width: int
    height: int
    format: str
    bytes: int
    content: str = ""
    thumbnail: str = ""


@dataclass(frozen=True, kw_only=True)
class ImageResult:
    """One image of a request: its answer, or what is wrong with the file.

    ``answer_set``, ``evidence``, ``probabilities``, those of all classes in the model's order,
    ``heat_map`` and ``clean`` are there where they were asked for.
    """

    answer: ImageAnswer | None = None
    fault: Fault | None = None
    answer_set: tuple[str, ...] | None = None
    evidence: Evidence | None = None
    probabilities: tuple[float, ...] | None = None
    heat_map: HeatMap | None = None
    clean: CleanFile | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.answer is None) == (self.fault is None):
            raise ValueError("an image has an answer or a fault")


@dataclass(frozen=True, kw_only=True)
class Answer(Versioned):
    """A result for each image of a request, in their order; none where there is an ``error``.

    Milliseconds are summed over the images; ``started_at`` is in the seconds of ``time.time()``;
    ``precision`` is what the network calculated with.
    It lives as long as a request, so no older schema is read.
    """

    # 2: between machines ``started_at`` is how many seconds the request has waited.
    SCHEMA: ClassVar[int] = 2
    OLDEST: ClassVar[int] = 2

    images: tuple[ImageResult, ...] = ()
    decode_ms: float = 0.0
    inference_ms: float = 0.0
    started_at: float = 0.0
    precision: str = FLOAT32
    error: Fault | None = None

    @classmethod
    def failed(cls, error: EngineError, started_at: float = 0.0) -> Self:
        """Return the answer that says why there is none."""
        return cls(error=Fault(**error.to_dict()), started_at=started_at)

    def __add__(self, other: Self) -> Self:
        """Return the answer about the images of both, which began with the first."""
        return type(self)(
            images=self.images + other.images,
            decode_ms=self.decode_ms + other.decode_ms,
            inference_ms=self.inference_ms + other.inference_ms,
            started_at=self.started_at,
            precision=self.precision,
        )
