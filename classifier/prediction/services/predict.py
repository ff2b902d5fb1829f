"""Ask a model about images, now, and keep its answers."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from accounts.models import Organization, User
from accounts.selectors.sharing import payer
from accounts.services.quotas import give_back_predictions
from classifier.engine.explain.methods import Wish
from classifier.models import Arm, Challenge, ChallengeMode, ModelVersion
from classifier.prediction.errors import ModelNotReady, NoPredictWorker, TooManyAtOnce
from classifier.prediction.services.answers import (
    MAX_IMAGE_BYTES,
    MAX_IMAGES,
    MAX_TOTAL_BYTES,
    Answers,
    NamedImage,
)
from classifier.prediction.services.ask import ask, raise_for_error, request_to
from classifier.prediction.services.challenge.pauses import (
    CHALLENGER_SECONDS,
    pauses,
    try_aside,
)
from classifier.prediction.services.challenge.route import (
    challenge_of,
    fall_back,
    is_drawn,
    record,
)
from classifier.prediction.services.challenge.shadow import shadows, shadows_of
from classifier.prediction.services.combine import keep_combined
from classifier.prediction.services.evidence import (
    NEIGHBOURS,
    References,
    least_of_answer_set,
    neighbour_finder,
    references_of,
)
from classifier.prediction.services.keep import Asked, keep
from classifier.prediction.services.keep_images import keeping_for, names_for
from classifier.prediction.services.known_classes import Standing, known_classes
from classifier.prediction.serving import mailbox
from classifier.registry.errors import NothingServed
from classifier.registry.selectors.class_facts import told_to_readers
from classifier.registry.selectors.models import version_to_serve
from common.errors import Forbidden, Invalid, NotFound, TooLarge


def predict(
    *,
    user: User,
    version: ModelVersion,
    images: Sequence[NamedImage],
    top_k: int = 5,
    coverage: float | None = None,
    evidence: bool = False,
    combine: bool = False,
    explain: bool = False,
    for_champion: bool = False,
) -> Answers:
    """Return the `top_k` classes of each image, and store each answer as a `Prediction`.

    `coverage` asks for answer sets that hold the true class with that chance, `evidence` for the
    distance to the training images and the nearest of them: both take a decision of the version.
    `combine` takes all images as one thing: one answer, and one `Prediction`.
    `explain` asks for a heat-map of the most probable class. `for_champion`: the caller has named
    no version, so that its challenger may answer, or be asked beside it.

    An image that cannot be read has an entry with status 422; the others are answered all the
    same. `classifier.registry.selectors.models.version_to_serve` says who may ask which version.
    Raises `Invalid` (no images, too many), `TooLarge` (bytes, or pixels of all images together),
    `TooManyAtOnce`, `RateExceeded` when the organization has had its predictions of the hour,
    `NoPredictWorker` after ten seconds, `ModelNotReady`, `Conflict` (`no_decision`, `no_vectors`).
    """
    check_images(images)
    organization = payer(user, version.model.subject)
    if of_another(version, organization) and (evidence or coverage is not None):
        raise Forbidden(
            f"Evidence and answer sets go by images of {version.model.organization}, which shares "
            f"{version.model} with you: they are for its members. Ask without them.",
            code="shared_read_only",
        )
    wish = Wished(
        user=user,
        organization=organization,
        images=images,
        top_k=top_k,
        least=least_of_answer_set(version, coverage) if coverage is not None else None,
        references=references_of(version) if evidence else None,
        combine=combine,
        explain=explain,
    )
    if not for_champion or evidence or explain or coverage is not None:
        return _answers_of(version, wish)
    return _in_challenge(version, wish)


@dataclass(frozen=True, kw_only=True)
class Wished:
    """What is asked of a version, whichever answers."""

    user: User
    organization: Organization
    images: Sequence[NamedImage]
    top_k: int
    least: float | None
    references: References | None
    combine: bool
    explain: bool


def _in_challenge(version: ModelVersion, wish: Wished) -> Answers:
    """Return the answers of the champion, or of its challenger where a challenge draws the call."""
    challenge = challenge_of(version, wish.organization)
    if challenge is None:
        return _answers_of(version, wish)
    drawn = is_drawn(challenge, wish.images)
    began = time.monotonic()
    if challenge.mode == ChallengeMode.SHARE and drawn:
        answers = _answers_of_challenger(challenge, wish)
        if answers is None:
            # Counted for neither: the champion's own share is what was not drawn.
            return _answers_of(version, wish)
        record(challenge, Arm.CHALLENGER, answers, _since(began))
        return answers
    answers = _answers_of(version, wish)
    if challenge.mode == ChallengeMode.SHARE:
        record(challenge, Arm.CHAMPION, answers, _since(began))
    elif drawn and not wish.combine:
        rows = record(challenge, Arm.CHAMPION, answers, _since(began), only_kept=True)
        shadows().add(shadows_of(rows, challenge, wish.user))
    return answers


def _since(began: float) -> float:
    """Return the milliseconds since a time of `time.monotonic()`."""
    return round((time.monotonic() - began) * 1000, 3)


def _answers_of_challenger(challenge: Challenge, wish: Wished) -> Answers | None:
    """Return the challenger's answers, None where it fails or takes too long: it is counted.

    Then it is left alone until it has answered in time with no client waiting.
    """
    if pauses.holds(challenge.pk):
        if pauses.takes_try(challenge.pk):
            try_aside(challenge, wish.user, [image.content for image in wish.images])
        return None
    try:
        number = challenge.challenger.number
        challenger = version_to_serve(wish.user, challenge.model_id, number=number)
        return _answers_of(challenger, wish, seconds=CHALLENGER_SECONDS)
    except (NothingServed, NotFound, NoPredictWorker, ModelNotReady, RuntimeError) as error:
        fall_back(challenge, str(error))
    except TooManyAtOnce:
        # The caller's own calls are in the way, not the challenger.
        return None
    return None


def _answers_of(version: ModelVersion, wish: Wished, *, seconds: float | None = None) -> Answers:
    """Ask a version, for so many `seconds` where these are given, and keep what it answers."""
    user, organization, images = wish.user, wish.organization, wish.images
    keeping = keeping_for(organization.pk)
    request = request_to(
        version,
        wish.top_k,
        payers=(f"person:{user.pk}", f"organization:{organization.pk}"),
        size=sum(len(image.content) for image in images),
        set_least=wish.least,
        evidence=NEIGHBOURS if wish.references else 0,
        each_class=wish.combine,
        explain=Wish() if wish.explain else None,
        keep=names_for(keeping, len(images), combine=wish.combine),
    )
    if seconds is not None:
        request = replace(request, deadline=request.sent_at + seconds)
    answer = ask(organization, request, [image.content for image in images])
    if answer.error is not None and seconds is not None:
        # The champion answers in its place, and that is counted.
        give_back_predictions(organization=organization, amount=len(images))
    raise_for_error(answer.error, user, version)
    asked = replace(_asked(user, organization, version, request, images), keeping=keeping)
    if wish.references is not None:
        finder = neighbour_finder(user, wish.references, answer.images)
        asked = replace(asked, neighbour=finder)
    if wish.combine:
        return keep_combined(asked, answer, version, wish.top_k)
    return keep(asked, answer)


def of_another(version: ModelVersion, organization: Organization) -> bool:
    """Whether the model is shared with the organization that asks, not its own or built in."""
    return version.model.organization_id not in (None, organization.pk)


def _asked(
    user: User,
    organization: Organization,
    version: ModelVersion,
    request: mailbox.Request,
    images: Sequence[NamedImage],
) -> Asked:
    standing = Standing.of(version.pk, version.model.class_facts_number, version.rule_name)
    known = known_classes.get(standing)
    if of_another(version, organization):
        known = told_to_readers(known)
    return Asked(
        request=request,
        person=user.pk,
        organization=organization.pk,
        model=version.model_id,
        version=version.pk,
        number=version.number,
        images=images,
        known=known,
    )


def check_images(images: Sequence[NamedImage]) -> None:
    """Raise `Invalid` for too many images or none, `TooLarge` for their bytes."""
    if not 1 <= len(images) <= MAX_IMAGES:
        raise Invalid(f"images must hold 1 to {MAX_IMAGES} images; received {len(images)}.")
    total = 0
    for image in images:
        total += len(image.content)
        if len(image.content) > MAX_IMAGE_BYTES:
            raise TooLarge(
                f"An image may have up to {MAX_IMAGE_BYTES >> 20} MiB; {image.name!r} has "
                f"{len(image.content) / (1 << 20):.1f} MiB."
            )
    if total > MAX_TOTAL_BYTES:
        raise TooLarge(
            f"All images of a request together may have up to {MAX_TOTAL_BYTES >> 20} MiB; "
            f"received {total / (1 << 20):.1f} MiB."
        )
