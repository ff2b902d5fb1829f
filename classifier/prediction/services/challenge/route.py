"""Which calls that ask for the champion take part in a challenge, and which of both answers."""

import hashlib
import logging
import uuid
from collections.abc import Sequence

from django.db import Error as DatabaseError
from django.db.models import F

from accounts.models import Organization
from classifier.models import Arm, Challenge, ChallengeAnswer, ModelVersion
from classifier.models.alias import CHALLENGER
from classifier.prediction.services.answers import Answered, Answers, NamedImage
from classifier.prediction.services.challenge.pauses import pauses

logger = logging.getLogger(__name__)
_LONGEST_CLASS = 200
_PARTS = 1 << 32


def challenge_of(version: ModelVersion, organization: Organization) -> Challenge | None:
    """Return the challenge that a call for the champion, which is `version`, takes part in.

    Only calls on the account of the model's own organization do: who reads a shared model gets the
    champion. None too where an alias has just moved.
    """
    if not version.model.challenged or version.model.organization_id != organization.pk:
        return None
    rows = Challenge.objects.filter(
        model=version.model_id,
        ended_at=None,
        champion=version.pk,
        challenger__alias_set__alias=CHALLENGER,
    )
    return rows.select_related("challenger").first()


def is_drawn(challenge: Challenge, images: Sequence[NamedImage]) -> bool:
    """Whether the call is of the challenge's share: told from the images, so always the same.

    A client that asks the same again gets the same version; another challenge draws others.
    """
    digest = hashlib.sha256(challenge.pk.bytes)
    for image in images:
        digest.update(hashlib.sha256(image.content).digest())
    return int.from_bytes(digest.digest()[:4]) < challenge.share * _PARTS


def fall_back(challenge: Challenge, problem: str) -> None:
    """Count a call that the challenger has not answered, and leave it alone until it does."""
    pauses.begin(challenge.pk)
    logger.warning("the challenger of %s has not answered: %s", challenge.model_id, problem)
    rows = Challenge.objects.filter(pk=challenge.pk)
    rows.update(fallbacks=F("fallbacks") + 1, problem=problem[:300])


def record(
    challenge: Challenge,
    arm: Arm,
    answers: Answers,
    milliseconds: float,
    *,
    only_kept: bool = False,
) -> list[ChallengeAnswer]:
    """Write down who has answered, after the predictions were kept; return the rows.

    With `only_kept`, of those whose image is kept. What cannot be written down is logged and left
    out: the answer is given all the same.
    """
    rows = [
        ChallengeAnswer(
            challenge=challenge,
            prediction_id=entry.id,
            arm=arm,
            class_name=entry.classes[0].class_name[:_LONGEST_CLASS],
            milliseconds=milliseconds,
        )
        for entry in answers.predictions
        if isinstance(entry, Answered) and isinstance(entry.id, uuid.UUID)
        if entry.kept is True or not only_kept
    ]
    try:
        return ChallengeAnswer.objects.bulk_create(rows)
    except DatabaseError as error:
        logger.warning("an answer of a challenge is not counted: %s", error)
        return []
