"""Keep answers as rows: all that come at a time in one statement, so that an id that is given out
exists."""

import hashlib
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import Error as DatabaseError
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from msgspec import UNSET, UnsetType

from classifier.engine.explain.methods import TOO_SLOW
from classifier.engine.runtime.answer import Answer, ImageResult, Near
from classifier.engine.target import ImageAnswer
from classifier.models import KeptPrediction, Prediction
from classifier.prediction.services.answers import (
    Answered,
    AnsweredClass,
    Answers,
    NamedImage,
    Neighbour,
    Refused,
    Timing,
)
from classifier.prediction.services.keep_images import (
    KEPT_COLUMNS,
    Account,
    Keeping,
    KeptRow,
    count_missed,
    kept_row,
    rooms,
)
from classifier.prediction.serving.request import Request
from classifier.registry.selectors.class_facts import NOTHING_KNOWN, ClassFacts
from common.copy_rows import copy_rows
from storage.names import prediction_of

logger = logging.getLogger(__name__)
NAME_LENGTH = 255
COLUMNS = (
    "id",
    "created_at",
    "name",
    "image_sha256",
    "answer",
    "precision",
    "latency_ms",
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

    `known` are the facts of the version's classes; with `keeping` the request says under which
    names the images are kept. Of a stranger's image not even the hash is stored.
    """

    request: Request
    person: uuid.UUID
    organization: uuid.UUID
    model: uuid.UUID
    version: uuid.UUID
    number: int
    images: Sequence[NamedImage]
    known: Mapping[str, ClassFacts]
    keeping: Keeping | None = None
    of_stranger: bool = False
    neighbour: Callable[[Near], Neighbour] = _unknown_neighbour

    @property
    def account(self) -> Account:
        """On whose account images are kept; only with `keeping`."""
        if self.keeping is None:
            raise ValueError("this organization keeps no predictions")
        return Account(self.organization, self.version, self.keeping)

    def number_of(self, place: int) -> uuid.UUID:
        """Return the id of the prediction about the image at this place."""
        kept = prediction_of(self.request.keep[place]) if self.request.keep else None
        return kept or uuid.uuid4()


class Made(NamedTuple):
    """The rows of a request, those of its kept images, how many could not be, and its answers."""

    rows: list[Row]
    kept: list[KeptRow]
    missed: int
    answers: Answers


def keep(asked: Asked, answer: Answer) -> Answers:
    """Store each image's answer as a `Prediction`, and return what the API answers."""
    made = _made(asked, answer)
    _store([(asked, made)])
    return made.answers


def keep_together(batch: Sequence[tuple[Asked, Answer]]) -> list[Answers | DatabaseError]:
    """Do `keep` for several; where their rows cannot be stored together, one by one."""
    made = [(asked, _made(asked, answer)) for asked, answer in batch]
    try:
        _store(made)
    except DatabaseError as error:
        logger.warning("answers could not be stored together: %s", error)
        # The connection has died, or one of the rows cannot be stored.
        connection.close()
        return _kept_one_by_one(batch)
    return [each.answers for _, each in made]


def _store(made: Sequence[tuple[Asked, Made]]) -> None:
    """Store the rows of several requests: all or none."""
    rows = [row for _, each in made for row in each.rows]
    keeping = [(asked, each) for asked, each in made if asked.keeping and each.rows]
    if keeping:
        with transaction.atomic():
            copy_rows(Prediction, COLUMNS, rows)
            for asked, each in keeping:
                store_kept(asked, each.kept, each.missed)
        for asked, each in keeping:
            take_room(asked, each.kept)
    elif rows:
        copy_rows(Prediction, COLUMNS, rows)


def store_kept(asked: Asked, kept: Sequence[KeptRow], missed: int) -> None:
    """Store the rows of kept images, after those of their predictions, in the transaction."""
    if kept:
        copy_rows(KeptPrediction, KEPT_COLUMNS, [row.values for row in kept])
    if missed:
        count_missed(asked.organization, missed)


def take_room(asked: Asked, kept: Sequence[KeptRow]) -> None:
    """Let the oldest images make room for these, once they are stored."""
    if kept and asked.keeping:
        rooms.take(asked.organization, sum(row.bytes for row in kept), asked.keeping)


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


def _made(asked: Asked, answer: Answer) -> Made:
    now = timezone.now()
    latency = latency_ms(asked.request, now)
    rows: list[Row] = []
    kept: list[KeptRow] = []
    entries: list[Answered | Refused] = []
    for place, (image, result) in enumerate(zip(asked.images, answer.images, strict=True)):
        if result.fault is not None:
            fault = result.fault
            entries.append(Refused(name=image.name, code=fault.code, detail=fault.detail))
        elif result.answer is not None:
            number = asked.number_of(place)
            rows.append(
                (
                    number,
                    now,
                    image.name[:NAME_LENGTH],
                    "" if asked.of_stranger else hashlib.sha256(image.content).hexdigest(),
                    result.answer.to_json(),
                    answer.precision,
                    latency,
                    asked.version,
                    asked.organization,
                    asked.person,
                )
            )
            is_kept: bool | UnsetType = UNSET
            if asked.keeping:
                row = kept_row(number, asked.account, [image], [result], result.answer, now)
                kept += [row] if row else []
                is_kept = row is not None
            entries.append(
                answered_with(
                    result.answer, result, asked, name=image.name, id=number, kept=is_kept
                )
            )
    answers = Answers(
        model=asked.model,
        version=asked.number,
        predictions=entries,
        timing=timing_of(asked.request, answer),
    )
    missed = len(rows) - len(kept) if asked.keeping else 0
    return Made(rows, kept, missed, answers)


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


def latency_ms(request: Request, now: datetime) -> int:
    """Return the milliseconds since a request arrived."""
    return max(0, round((now.timestamp() - request.sent_at) * 1000))


def timing_of(request: Request, answer: Answer) -> Timing:
    """Return where the time of a request went."""
    return Timing(
        queue_ms=round(max(0.0, answer.started_at - request.sent_at) * 1000, 3),
        decode_ms=round(answer.decode_ms, 3),
        inference_ms=round(answer.inference_ms, 3),
        precision=answer.precision,
    )
