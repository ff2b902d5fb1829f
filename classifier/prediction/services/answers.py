"""A prediction's images and its answers, as the API and the rows say them; what it may hold."""

import uuid
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from classifier.engine.measure.related import RelatedClass
from datasets.selectors.classes import ClassNote

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


class AnsweredClass(Struct, frozen=True, gc=False):
    """A class of an answer, with what is known of it (`ClassFacts`); there may be thousands."""

    class_name: str
    probability: float
    precision: float | None = None
    precision_images: int | None = None
    precision_interval: tuple[float, float] | None = None
    note: ClassNote | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An image, or several of one thing, with the answer that is kept as the `Prediction` `id`.

    What was not asked for is left out. `kept` is whether the image is kept, where the organization
    keeps its predictions. `related` are classes related to the first. Of several
    images, `images` has the names and `each` what is answered to each by itself, which has no id.
    """

    id: uuid.UUID | UnsetType = UNSET
    name: str
    images: tuple[str, ...] | UnsetType = UNSET
    status: Literal[200] = 200
    classes: tuple[AnsweredClass, ...]
    related: tuple[RelatedClass, ...] = ()
    decision: str | None = None
    answer_set: tuple[str, ...] | UnsetType = UNSET
    distance: float | UnsetType = UNSET
    neighbours: tuple[Neighbour, ...] | UnsetType = UNSET
    each: "tuple[Answered | Refused, ...] | UnsetType" = UNSET
    kept: bool | UnsetType = UNSET
    heat_map: str | UnsetType = UNSET
    heat_map_method: str | UnsetType = UNSET
    heat_map_place: str | UnsetType = UNSET
    heat_map_problem: str | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class Refused:
    """An image that cannot be read, or several of one thing of which some cannot."""

    name: str
    images: tuple[str, ...] | UnsetType = UNSET
    status: Literal[422] = 422
    code: str
    detail: str
    each: "tuple[Answered | Refused, ...] | UnsetType" = UNSET


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
    """What the API answers: one entry of `predictions` for each image, in their order.

    One alone for all, where they are taken as one thing.
    """

    model: uuid.UUID
    version: int
    predictions: list[Answered | Refused]
    timing: Timing
