"""Predictions of any time, stored as a web process stores them."""

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from classifier.engine.target import ClassProbability, ImageAnswer
from classifier.models import ModelVersion, Prediction
from classifier.prediction.services.keep import COLUMNS
from common.copy_rows import copy_rows


class Told(NamedTuple):
    """One answer."""

    at: datetime
    class_name: str = "cat"
    confidence: float = 0.75
    decision: str | None = None
    latency_ms: int | None = 20


def tell(version: ModelVersion, told: Iterable[Told], *, organization=None, stored=None) -> list:
    """Store answers as predictions, of the owner's organization where no other is given.

    `stored` is an answer as another version of Loupe wrote it.
    """
    organization = organization or version.model.organization
    ids, rows = [], []
    for each in told:
        ids.append(uuid.uuid4())
        rest = ClassProbability("another", 1 - each.confidence)
        answer = ImageAnswer(
            (ClassProbability(each.class_name, each.confidence), rest), each.decision
        )
        values = {
            "id": ids[-1],
            "created_at": each.at,
            "name": "photo.png",
            "image_sha256": hashlib.sha256(ids[-1].bytes).hexdigest(),
            "answer": stored or answer.to_json(),
            "precision": "float32",
            "latency_ms": each.latency_ms,
            "model_version_id": version.pk,
            "organization_id": organization.pk,
            "created_by_id": None,
        }
        rows.append([values[name] for name in COLUMNS])
    copy_rows(Prediction, COLUMNS, rows)
    return ids
