"""Ask a model by a try link: in turns and counts of its own, and of the image nothing is kept.

The people of the organization feel no flood of strangers: those take none of their turns, have so
many pictures a minute, wait in few threads, and wait for the next hour once half of this hour's
predictions are used. What strangers are told is about the picture alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db.models import F

from accounts.errors import RateExceeded
from accounts.models import Organization
from accounts.quotas import Quota
from accounts.selectors.usage import allowed_for, seconds_of_the_hour_left, used_of
from accounts.services.turns import seconds_to_wait
from classifier.engine.target import ImageAnswer
from classifier.models import ModelVersion, TryLink
from classifier.prediction.errors import TooManyAtOnce, TriedTooOften, TryLinkInvalid
from classifier.prediction.services.answers import NamedImage
from classifier.prediction.services.ask import ask, raise_for_error, request_to
from classifier.prediction.services.keep import Asked, keep
from classifier.prediction.services.predict import check_images
from classifier.prediction.services.try_links.places import place_for
from classifier.registry.errors import NothingServed
from classifier.registry.selectors.models import version_to_serve
from common.errors import Conflict, Unprocessable

TOP_K = 5
# Links work until one in so many of the organization's predictions of the hour are used.
STRANGERS_SHARE = 2
_IMAGE_NAME = "by a try link"


def ask_by_link(*, link: TryLink, content: bytes) -> ImageAnswer:
    """Return what the live version of the link's model answers to one image.

    The answer is stored as a `Prediction` in the name of who made the link, without the image's
    name; the image is not kept, whatever the organization says. Raises `TriedTooOften`,
    `TryLinkInvalid` when it has been used up meanwhile, `Invalid`, `TooLarge`, `Unprocessable` for
    a file that cannot be read, `Conflict` where the model has no live version, `Unavailable`.
    """
    image = NamedImage(_IMAGE_NAME, content)
    check_images([image])
    organization = link.model.organization
    if organization is None:
        raise TryLinkInvalid("This link belongs to no organization.")
    with place_for(link.pk, organization.pk):
        _take_turn(link, organization)
        with _counted(link):
            version = _version(link)
            return _answer(link, organization, version, image)


def _answer(
    link: TryLink, organization: Organization, version: ModelVersion, image: NamedImage
) -> ImageAnswer:
    request = request_to(
        version,
        TOP_K,
        payers=(f"try-link:{link.pk}", f"try-links:{organization.pk}"),
        size=len(image.content),
    )
    try:
        answer = ask(organization, request, [image.content])
    except (RateExceeded, TooManyAtOnce) as error:
        # Their sentences are about the organization.
        raise TriedTooOften(
            "This model has more to do than it may at the moment. Try again later.",
            retry_after_seconds=error.retry_after_seconds,
        ) from error
    raise_for_error(answer.error, None, version)
    asked = Asked(
        request=request,
        person=link.created_by.pk,
        organization=organization.pk,
        model=version.model_id,
        version=version.pk,
        number=version.number,
        images=[image],
        known={},
        of_stranger=True,
    )
    keep(asked, answer)
    [result] = answer.images
    if result.answer is None:
        fault = result.fault
        raise Unprocessable(fault.detail if fault else "", code=fault.code if fault else None)
    return result.answer


def _version(link: TryLink) -> ModelVersion:
    try:
        return version_to_serve(link.created_by, link.model_id)
    except NothingServed as error:
        raise Conflict(
            "No version of this model is live at the moment.", code="no_version"
        ) from error


def _take_turn(link: TryLink, organization: Organization) -> None:
    """Count one of this minute, of the link and of all links of the organization."""
    _require_half_is_left(organization)
    wait = seconds_to_wait(
        what="pictures of try links",
        allowed={
            f"try-link:{link.pk}": settings.TRY_LINK_A_MINUTE,
            f"try-links:{organization.pk}": settings.TRY_LINKS_A_MINUTE_PER_ORGANIZATION,
        },
    )
    if wait:
        raise TriedTooOften(
            "More pictures came than may be asked about in a minute. Wait a little.",
            retry_after_seconds=wait,
        )


def _require_half_is_left(organization: Organization) -> None:
    """Raise `TriedTooOften` once half of the organization's predictions of this hour are used.

    By its own people or by strangers: so these never take the other half, which is left for its
    people. Answers are counted where all predictions are, so what was not answered is not counted.
    """
    allowed = allowed_for(organization, Quota.PREDICTIONS)
    share = None if allowed is None else max(1, allowed // STRANGERS_SHARE)
    if share is None or used_of(organization, Quota.PREDICTIONS) < share:
        return
    raise TriedTooOften(
        "More pictures came than may be asked about in an hour. Try again later.",
        retry_after_seconds=seconds_of_the_hour_left(organization),
    )


@contextmanager
def _counted(link: TryLink) -> Iterator[None]:
    """Count one of all that the link may ask; what was not answered counts for nothing."""
    rows = TryLink.objects.filter(pk=link.pk, revoked_at=None)
    if not rows.filter(predictions__lt=F("max_predictions")).update(
        predictions=F("predictions") + 1
    ):
        raise TryLinkInvalid("This link was used as often as it may be. Ask for a new one.")
    try:
        yield
    except Unprocessable:
        # The file was decoded.
        raise
    except BaseException:
        TryLink.objects.filter(pk=link.pk).update(predictions=F("predictions") - 1)
        raise
