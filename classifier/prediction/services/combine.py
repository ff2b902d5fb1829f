"""Take several images as one thing: one answer, kept as one `Prediction`."""

import hashlib
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from msgspec import UNSET, UnsetType

from classifier.engine import target
from classifier.engine.measure.combine import combined, combined_decision
from classifier.engine.measure.decision import Rule
from classifier.engine.runtime.answer import Answer, ImageResult
from classifier.engine.target import ImageAnswer
from classifier.models import Decision, ModelVersion, Prediction
from classifier.prediction.errors import ModelNotReady
from classifier.prediction.services.answers import Answered, Answers, NamedImage, Refused
from classifier.prediction.services.keep import (
    COLUMNS,
    NAME_LENGTH,
    Asked,
    answered_with,
    latency_ms,
    store_kept,
    take_room,
    timing_of,
)
from classifier.prediction.services.keep_images import kept_row
from common.copy_rows import copy_rows
from common.sentences import listed

# Of images that cannot be read.
_NAMED = 3


def keep_combined(asked: Asked, answer: Answer, version: ModelVersion, top_k: int) -> Answers:
    """Return the one answer about all images of a request that asked for `each_class`.

    Where one of them cannot be read there is none, and nothing is kept: the entry names each.
    Raises `ModelNotReady` where the version's decision was changed meanwhile.
    """
    names = tuple(image.name for image in asked.images)
    each = tuple(map(_alone, asked.images, answer.images, [asked] * len(names)))
    entry = _refused(names, each) or _answered(asked, answer, version, top_k, each)
    return Answers(
        model=asked.model,
        version=asked.number,
        predictions=[entry],
        timing=timing_of(asked.request, answer),
    )


def _alone(image: NamedImage, result: ImageResult, asked: Asked) -> Answered | Refused:
    if result.answer is None or result.fault is not None:
        code, detail = (result.fault.code, result.fault.detail) if result.fault else ("", "")
        return Refused(name=image.name, code=code, detail=detail)
    return answered_with(result.answer, result, asked, name=image.name)


def _refused(names: tuple[str, ...], each: tuple[Answered | Refused, ...]) -> Refused | None:
    unread = [entry for entry in each if isinstance(entry, Refused)]
    if not unread:
        return None
    said = [f"{entry.name}: {entry.detail}" for entry in unread[:_NAMED]]
    more = f" And {len(unread) - _NAMED} more." if len(unread) > _NAMED else ""
    return Refused(
        name=_name_of(names),
        images=names,
        code=unread[0].code,
        detail=f"All images are taken as one thing, so there is no answer without "
        f"{listed([entry.name for entry in unread[:_NAMED]])}. {' '.join(said)}{more}",
        each=each,
    )


def _answered(
    asked: Asked,
    answer: Answer,
    version: ModelVersion,
    top_k: int,
    each: tuple[Answered | Refused, ...],
) -> Answered:
    found = _of_the_thing(answer, version, top_k)
    number, now = asked.number_of(0), timezone.now()
    names = tuple(image.name for image in asked.images)
    row: tuple[Any, ...] = (
        number,
        now,
        _name_of(names)[:NAME_LENGTH],
        "",
        found.to_json(),
        answer.precision,
        latency_ms(asked.request, now),
        asked.version,
        asked.organization,
        asked.person,
        list(map(_kept, asked.images, answer.images)),
    )
    is_kept = _store(asked, answer, row, found, now)
    # Answer sets and nearest images are of each image by itself.
    whole = ImageResult(answer=found)
    return answered_with(
        found, whole, asked, id=number, name=_name_of(names), images=names, each=each, kept=is_kept
    )


def _store(
    asked: Asked, answer: Answer, row: tuple[Any, ...], found: ImageAnswer, now: datetime
) -> bool | UnsetType:
    """Store the prediction; return whether its images are kept, all or none of them."""
    columns = (*COLUMNS, "images")
    if asked.keeping is None:
        copy_rows(Prediction, columns, [row])
        return UNSET
    kept = kept_row(row[0], asked.account, asked.images, answer.images, found, now)
    missed = len(asked.images) if kept is None else 0
    with transaction.atomic():
        copy_rows(Prediction, columns, [row])
        store_kept(asked, [kept] if kept else [], missed)
    take_room(asked, [kept] if kept else [])
    return kept is not None


def _of_the_thing(answer: Answer, version: ModelVersion, top_k: int) -> ImageAnswer:
    of_each = np.array([result.probabilities for result in answer.images])
    verdicts = [result.answer.decision if result.answer else None for result in answer.images]
    probabilities = combined(of_each)
    decision = None
    if version.rule_name:
        thresholds = _thresholds(version)
        decision = combined_decision(probabilities, of_each, verdicts, thresholds)
    return target.answer(probabilities, version.class_names, top_k, decision)


def _thresholds(version: ModelVersion) -> tuple[float | None, ...]:
    """Return those of the rule that was asked for; raises `ModelNotReady` where it is another."""
    rows = Decision.objects.filter(model_version=version, rule_name=version.rule_name)
    rule = rows.values_list("rule", flat=True).first()
    if rule is None:
        raise ModelNotReady(
            f"The decision of {version} was changed at this moment. Ask again.",
            code="decision_lost",
        )
    return Rule.from_json(rule).thresholds


def _kept(image: NamedImage, result: ImageResult) -> dict[str, Any]:
    return {
        "name": image.name[:NAME_LENGTH],
        "sha256": hashlib.sha256(image.content).hexdigest(),
        "answer": result.answer.to_json() if result.answer else None,
    }


def _name_of(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
