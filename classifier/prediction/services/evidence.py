"""What goes with an answer on request: an answer set, and the training images it leans on."""

import bisect
import uuid
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from accounts.models import User
from classifier.engine.measure.decision_answers import unpacked
from classifier.engine.measure.promise import least_of_set
from classifier.engine.runtime.answer import ImageResult, Near
from classifier.models import Decision, ModelVersion
from classifier.prediction.services.answers import Neighbour
from common.errors import Conflict
from datasets.models import Image

# Training images that are named with an answer.
NEIGHBOURS = 3
# Decisions whose measured answers a web process remembers.
_REMEMBERED = 16


class References(NamedTuple):
    """What the kept vectors of a version are of."""

    decision: Decision
    class_names: list[str]
    dataset_id: uuid.UUID | None


def least_of_answer_set(version: ModelVersion, coverage: float) -> float:
    """Return from which probability on a class belongs to an answer set of this coverage.

    Raises `Conflict` (`no_decision`) where the version's validation answers were not measured.
    """
    key, *_ = _measured(version, "coverage")
    return least_of_set(_true_probabilities(key), coverage)


def references_of(version: ModelVersion) -> References:
    """Return what the version's kept vectors are of.

    Raises `Conflict`: `no_decision`, `no_vectors` where the version's file gives none.
    """
    key, rule_name, references = _measured(version, "evidence")
    if references is None:
        raise Conflict(
            f"evidence needs vectors of the images, and the file of {version} gives none.",
            code="no_vectors",
        )
    return _references(key, rule_name)


def _measured(version: ModelVersion, option: str) -> tuple[uuid.UUID, str, Any]:
    rows = Decision.objects.filter(model_version=version).exclude(rule_name="")
    found = rows.values_list("id", "rule_name", "references").first()
    if found is None:
        raise Conflict(
            f"{option} is told from validation answers, which version {version.number} of "
            f"{version.model.name} has once its decision is set.",
            code="no_decision",
            hint=f"PUT /api/v1/model-versions/{version.pk}/decision/ sets it.",
        )
    return found


@lru_cache(maxsize=_REMEMBERED)
def _true_probabilities(key: uuid.UUID) -> npt.NDArray[np.float32]:
    content = Decision.objects.values_list("answers", flat=True).get(pk=key)
    return unpacked(bytes(content or b""))["true_probability"].copy()


@lru_cache(maxsize=_REMEMBERED)
def _references(key: uuid.UUID, rule_name: str) -> References:
    """Return what the vectors are of; the rule has another name once one was forgotten."""
    decision = Decision.objects.select_related("model_version__dataset_version").get(pk=key)
    version = decision.model_version
    learned = version.dataset_version
    return References(decision, version.class_names, learned.dataset_id if learned else None)


def neighbour_finder(
    user: User, references: References, results: Sequence[ImageResult]
) -> Callable[[Near], Neighbour]:
    """Return what names the training images of these results; one query for all of them."""
    decision, class_names, dataset_id = references
    found_near = [near for each in results if each.evidence for near in each.evidence.near]
    contents = {near.row: decision.content_of(near.row) for near in found_near}
    images = Image.objects.alive().for_user(user).filter(sha256__in=contents.values())
    if dataset_id is not None:
        images = images.filter(dataset=dataset_id)
    found = dict(images.values_list("sha256", "id"))

    def neighbour(near: Near) -> Neighbour:
        return Neighbour(
            image=found.get(contents[near.row]),
            class_name=class_names[bisect.bisect_right(decision.starts, near.row) - 1],
            cosine=round(near.cosine, 6),
        )

    return neighbour
