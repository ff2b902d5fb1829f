"""Asking a model about images, many at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple

from loupe.api import Api
from loupe.errors import TooLarge, UnexpectedAnswer, UnusableInput
from loupe.images import ImageFile, files_of

MOST_IMAGES = 32
"""How many images a call takes."""
MOST_BYTES = 60 << 20
"""How many bytes a call takes, less than the server's 64 MiB by what multipart adds."""
THREADS = 4
"""How many calls are under way at a time; the server lets a person have eight."""


class ClassProbability(NamedTuple):
    """A class and how probable it is."""

    class_name: str
    probability: float


@dataclass(frozen=True)
class Prediction:
    """What a model says of one image, or why it says nothing.

    `classes` are the most probable first; `decision` is accept, review, unknown, or None where the
    version has no decision; `error` says what is wrong with the file, empty for nothing. `data` is
    all that the API said, `source` what was asked about.
    """

    name: str
    classes: tuple[ClassProbability, ...]
    decision: str | None
    error: str
    data: dict[str, Any] = field(repr=False)
    source: Any = field(repr=False, compare=False)

    @property
    def id(self) -> str | None:
        """The prediction's UUID, which feedback names."""
        return self.data.get("id")

    @property
    def class_name(self) -> str | None:
        """The most probable class; None where the file could not be read."""
        return self.classes[0].class_name if self.classes else None

    @property
    def probability(self) -> float | None:
        """Its probability; None where the file could not be read."""
        return self.classes[0].probability if self.classes else None

    def __str__(self) -> str:
        if self.error:
            return f"{self.name}: {self.error}"
        said = ", ".join(f"{name} {probability:.1%}" for name, probability in self.classes[:3])
        return f"{self.name}: {said}"


class Predictions(list[Prediction]):
    """Answers in the order of the images; a notebook shows them as a table."""

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr>{_row(each)}</tr>" for each in self)
        return f"<table><tr><th>image</th><th>class</th><th>probability</th></tr>{rows}</table>"


def _row(each: Prediction) -> str:
    name = f"<td style='text-align:left'>{escape(each.name)}</td>"
    if each.class_name is None:
        return f"{name}<td colspan='2' style='text-align:left'>{escape(each.error)}</td>"
    bar = f"<meter value='{each.probability:.4f}'></meter> {each.probability:.1%}"
    return f"{name}<td style='text-align:left'>{escape(each.class_name)}</td><td>{bar}</td>"


def predict(api: Api, model: str, images: Any, options: dict[str, Any]) -> Iterator[Prediction]:
    """Yield the answers to images in their order, reading and asking ahead a little.

    `options` are those of the API (`top_k`, `version`, `alias`, …). A file that cannot be read as
    an image has an answer with `error`; what is wrong with the call itself is raised.
    """
    if "combine" in options:
        raise UnusableInput("Several images of one thing are asked about by predict_together.")
    calls = _calls(files_of(images))
    threads = ThreadPoolExecutor(THREADS, "loupe-predict")
    waiting: deque[Future[list[Prediction]]] = deque()
    try:
        for call in calls:
            waiting.append(threads.submit(_ask, api, model, call, options))
            # Two calls' worth of files for each thread are in memory.
            while len(waiting) >= 2 * THREADS:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


def predict_together(api: Api, model: str, images: Any, options: dict[str, Any]) -> Prediction:
    """Return the one answer to several images of one thing; raises `UnusableInput` for too many."""
    files = list(files_of(images))
    if not 1 <= len(files) <= MOST_IMAGES:
        raise UnusableInput(
            f"1 to {MOST_IMAGES} images of one thing have an answer together; "
            f"{len(files)} were given."
        )
    return _ask(api, model, files, {**options, "combine": True})[0]


def _calls(files: Iterator[ImageFile]) -> Iterator[list[ImageFile]]:
    """Yield the files in groups that one call takes."""
    group: list[ImageFile] = []
    size = 0
    for file in files:
        if group and (len(group) == MOST_IMAGES or size + len(file.content) > MOST_BYTES):
            yield group
            group, size = [], 0
        group.append(file)
        size += len(file.content)
    if group:
        yield group


def _ask(api: Api, model: str, files: list[ImageFile], options: dict[str, Any]) -> list[Prediction]:
    parts = [("images", (file.name, file.content)) for file in files]
    try:
        answer = api.post(f"models/{model}/predict/", files=parts, data=options)
    except TooLarge as error:
        # Together they may have too many pixels; one that is too large by itself is told apart.
        if options.get("combine"):
            raise
        if len(files) == 1:
            fault = {"name": files[0].name, "code": error.code, "detail": error.detail}
            return [prediction_of(fault, files[0].source)]
        half = len(files) // 2
        first = _ask(api, model, files[:half], options)
        return first + _ask(api, model, files[half:], options)
    entries = answer["predictions"]
    # Combined, all files have one answer.
    if not options.get("combine") and len(entries) != len(files):
        raise UnexpectedAnswer(f"{len(files)} images got {len(entries)} answers.")
    return [prediction_of(entry, file.source) for entry, file in zip(entries, files, strict=False)]


def prediction_of(entry: dict[str, Any], source: Any = None) -> Prediction:
    """Return an entry of an answer as a `Prediction`."""
    return Prediction(
        name=str(entry["name"]),
        classes=tuple(
            ClassProbability(each["class_name"], each["probability"])
            for each in entry.get("classes", ())
        ),
        decision=entry.get("decision"),
        error="" if "classes" in entry else str(entry.get("detail", "")),
        data=entry,
        source=source,
    )
