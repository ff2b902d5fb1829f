"""A prediction's images and its answers, as the API and the rows say them; what it may hold."""

import uuid
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, UnsetType

from classifier.engine.target import ClassProbability

MAX_IMAGES = 32
MAX_IMAGE_BYTES = 20 << 20
MAX_TOTAL_BYTES = 64 << 20
MAX_TOP_K = 1000


@dataclass(frozen=True)
class NamedImage:
    """An image file as it was sent; the name is only a label."""

    name: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A training image near the image of a prediction.

    `image` is None where none of that content is left that the caller may see.
    """

    image: uuid.UUID | None
    class_name: str
    cosine: float


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An image with its answer, which is kept as the `Prediction` of this id.

    What was not asked for is left out.
    """

    id: uuid.UUID
    name: str
    status: Literal[200] = 200
    classes: tuple[ClassProbability, ...]
    decision: str | None = None
    answer_set: tuple[str, ...] | UnsetType = UNSET
    distance: float | UnsetType = UNSET
    neighbours: tuple[Neighbour, ...] | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class Refused:
    """An image that cannot be read."""

    name: str
    status: Literal[422] = 422
    code: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Milliseconds: until a worker began, and of its work, summed over the images.

    `precision` is what the network calculated with.
    """

    queue_ms: float
    decode_ms: float
    inference_ms: float
    precision: str


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the API answers: one entry of `predictions` for each image, in their order."""

    model: uuid.UUID
    version: int
    predictions: list[Answered | Refused]
    timing: Timing
