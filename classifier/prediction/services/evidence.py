"""What goes with an answer on request: an answer set, and the training images it leans on."""

import bisect
from collections.abc import Callable, Sequence

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


def least_of_answer_set(version: ModelVersion, coverage: float) -> float:
    """Return from which probability on a class belongs to an answer set of this coverage.

    Raises `Conflict` (`no_decision`) where the version's validation answers were not measured.
    """
    rows = unpacked(bytes(_measured(version, "coverage").answers or b""))
    return least_of_set(rows["true_probability"], coverage)


def references_of(version: ModelVersion) -> Decision:
    """Return the decision that knows the training images of the version's kept vectors.

    Raises `Conflict`: `no_decision`, `no_vectors` where the version's file gives none.
    """
    decision = _measured(version, "evidence")
    if decision.references is None:
        raise Conflict(
            f"evidence needs vectors of the images, and the file of {version} gives none.",
            code="no_vectors",
        )
    return decision


def _measured(version: ModelVersion, option: str) -> Decision:
    decision = Decision.objects.filter(model_version=version).exclude(rule_name="").first()
    if decision is None:
        raise Conflict(
            f"{option} is told from validation answers, which version {version.number} of "
            f"{version.model.name} has once its decision is set.",
            code="no_decision",
            hint=f"PUT /api/v1/model-versions/{version.pk}/decision/ sets it.",
        )
    return decision


def neighbour_finder(
    user: User, decision: Decision, results: Sequence[ImageResult]
) -> Callable[[Near], Neighbour]:
    """Return what names the training images of these results; one query for all of them."""
    found_near = [near for each in results if each.evidence for near in each.evidence.near]
    contents = {near.row: decision.content_of(near.row) for near in found_near}
    dataset = decision.model_version.dataset_version
    images = Image.objects.alive().for_user(user).filter(sha256__in=contents.values())
    if dataset is not None:
        images = images.filter(dataset=dataset.dataset_id)
    found = dict(images.values_list("sha256", "id"))
    names = decision.model_version.class_names

    def neighbour(near: Near) -> Neighbour:
        return Neighbour(
            image=found.get(contents[near.row]),
            class_name=names[bisect.bisect_right(decision.starts, near.row) - 1],
            cosine=round(near.cosine, 6),
        )

    return neighbour
