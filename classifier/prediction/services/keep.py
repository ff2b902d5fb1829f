"""Keep answers as rows: all that come at a time in one statement, so that an id that is given out
exists."""

import hashlib
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import Error as DatabaseError
from django.db import OperationalError, connection
from django.utils import timezone
from msgspec import UNSET

from classifier.engine.explain.methods import TOO_SLOW
from classifier.engine.runtime.answer import Answer, ImageResult, Near
from classifier.engine.target import ImageAnswer
from classifier.models import Prediction
from classifier.prediction.services.answers import (
    Answered,
    AnsweredClass,
    Answers,
    NamedImage,
    Neighbour,
    Refused,
    Timing,
)
from classifier.prediction.serving.request import Request
from classifier.registry.selectors.class_facts import NOTHING_KNOWN, ClassFacts
from common.copy_rows import copy_rows

logger = logging.getLogger(__name__)
NAME_LENGTH = 255
COLUMNS = (
    "id",
    "created_at",
    "name",
    "image_sha256",
    "answer",
    "precision",
    "model_version_id",
    "organization_id",
    "created_by_id",
)
Row = tuple[Any, ...]


def _unknown_neighbour(near: Near) -> Neighbour:
    return Neighbour(image=None, class_name="", cosine=near.cosine)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a worker was asked, and on whose account; `neighbour` says what a training vector is.

    `known` are the facts of the version's classes.
    """

    request: Request
    person: uuid.UUID
    organization: uuid.UUID
    model: uuid.UUID
    version: uuid.UUID
    number: int
    images: Sequence[NamedImage]
    known: Mapping[str, ClassFacts]
    neighbour: Callable[[Near], Neighbour] = _unknown_neighbour


def keep(asked: Asked, answer: Answer) -> Answers:
    """Store each image's answer as a `Prediction`, and return what the API answers."""
    rows, answers = _rows(asked, answer)
    if rows:
        copy_rows(Prediction, COLUMNS, rows)
    return answers


def keep_together(batch: Sequence[tuple[Asked, Answer]]) -> list[Answers | DatabaseError]:
    """Do `keep` for several; where their rows cannot be stored together, one by one."""
    made = [_rows(asked, answer) for asked, answer in batch]
    together = [row for rows, _ in made for row in rows]
    try:
        if together:
            copy_rows(Prediction, COLUMNS, together)
    except DatabaseError as error:
        logger.warning("answers could not be stored together: %s", error)
        # The connection has died, or one of the rows cannot be stored.
        connection.close()
        return _kept_one_by_one(batch)
    return [answers for _, answers in made]


def _kept_one_by_one(batch: Sequence[tuple[Asked, Answer]]) -> list[Answers | DatabaseError]:
    results: list[Answers | DatabaseError] = []
    for asked, answer in batch:
        if results and isinstance(results[-1], OperationalError):
            # Postgres is away: not everyone waits until that is found out once more.
            results.append(results[-1])
        else:
            results.append(_kept_or_error(asked, answer))
    return results


def _kept_or_error(asked: Asked, answer: Answer) -> Answers | DatabaseError:
    try:
        return keep(asked, answer)
    except DatabaseError as error:
        return error


def _rows(asked: Asked, answer: Answer) -> tuple[list[Row], Answers]:
    now = timezone.now()
    rows: list[Row] = []
    entries: list[Answered | Refused] = []
    for image, result in zip(asked.images, answer.images, strict=True):
        if result.fault is not None:
            fault = result.fault
            entries.append(Refused(name=image.name, code=fault.code, detail=fault.detail))
        elif result.answer is not None:
            number = uuid.uuid4()
            rows.append(
                (
                    number,
                    now,
                    image.name[:NAME_LENGTH],
                    hashlib.sha256(image.content).hexdigest(),
                    result.answer.to_json(),
                    answer.precision,
                    asked.version,
                    asked.organization,
                    asked.person,
                )
            )
            answered = answered_with(result.answer, result, asked, name=image.name, id=number)
            entries.append(answered)
    return rows, Answers(
        model=asked.model,
        version=asked.number,
        predictions=entries,
        timing=timing_of(asked.request, answer),
    )


def answered_with(answer: ImageAnswer, result: ImageResult, asked: Asked, **more: Any) -> Answered:
    """Return an entry of the API: `answer` with what is known of its classes, and what else
    `result` has; `more` are its further fields."""
    chosen, evidence, known = result.answer_set, result.evidence, asked.known
    heat = result.heat_map
    return Answered(
        **more,
        classes=classes_with(answer, known),
        related=known.get(answer.classes[0].class_name, NOTHING_KNOWN).related,
        decision=answer.decision,
        answer_set=UNSET if chosen is None else chosen,
        distance=UNSET if evidence is None else round(evidence.distance, 6),
        neighbours=UNSET
        if evidence is None
        else tuple(asked.neighbour(near) for near in evidence.near),
        heat_map=UNSET if heat is None else heat.png,
        heat_map_method=UNSET if heat is None else heat.method,
        heat_map_place=UNSET if heat is None else heat.place,
        # The heat-maps of several images of one thing stand with each of them.
        heat_map_problem=TOO_SLOW
        if heat is None and asked.request.explain and "each" not in more
        else UNSET,
    )


def classes_with(answer: ImageAnswer, known: Mapping[str, ClassFacts]) -> tuple[AnsweredClass, ...]:
    """Return the classes of an answer with what is known of each."""
    if not known:
        return tuple(AnsweredClass(each.class_name, each.probability) for each in answer.classes)
    return tuple(
        AnsweredClass(
            each.class_name,
            each.probability,
            facts.precision,
            facts.precision_images,
            facts.precision_interval,
            facts.note or UNSET,
        )
        for each in answer.classes
        for facts in (known.get(each.class_name, NOTHING_KNOWN),)
    )


def timing_of(request: Request, answer: Answer) -> Timing:
    """Return where the time of a request went."""
    return Timing(
        queue_ms=round(max(0.0, answer.started_at - request.sent_at) * 1000, 3),
        decode_ms=round(answer.decode_ms, 3),
        inference_ms=round(answer.inference_ms, 3),
        precision=answer.precision,
    )
