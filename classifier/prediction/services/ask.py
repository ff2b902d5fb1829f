"""A worker's answer about images, in turn, and what is said where there is none."""

import logging
import time
from typing import Any

import redis
from django.conf import settings

from accounts.models import Organization, User
from accounts.services.quotas import give_back_predictions, take_predictions
from classifier.engine.errors import Unreadable
from classifier.engine.runtime.answer import Answer, Fault
from classifier.evaluation.services.record_refused_file import record_refused_file
from classifier.models import ModelVersion
from classifier.prediction.errors import ModelNotReady, NoPredictWorker, TooManyAtOnce
from classifier.prediction.serving import mailbox
from common.connections import give_connection_back
from common.errors import TooLarge

logger = logging.getLogger(__name__)
_AT_ONCE_SECONDS = 0.3
# Codes of what is not the file's fault, and may be over when it is asked again.
_PASSING = (
    "weights_unavailable",
    "preparing",
    "timed_out",
    "decision_lost",
    "storage_unavailable",
    "storage_refused",
    "storage_full",
)


def request_to(version: ModelVersion, top_k: int, **asked: Any) -> mailbox.Request:
    """Return a request for the `top_k` classes; `asked` is what else `Request.new` takes."""
    served = version.served_file
    return mailbox.Request.new(
        version.pk,
        served["sha256"] if served else None,
        top_k,
        fast_sha256=version.fast_sha256,
        rule_name=version.rule_name,
        **asked,
    )


def ask(
    organization: Organization,
    request: mailbox.Request,
    images: list[bytes],
    *,
    counted: bool = True,
) -> Answer:
    """Return a worker's answer about the images, in turn, charged to the organization.

    What is not `counted` takes nothing of the organization's predictions of the hour.
    Raises `TooManyAtOnce`, `RateExceeded`, `NoPredictWorker`; see `raise_for_error`.
    """
    try:
        answer = _answer_in_turn(organization, request, images, len(images) if counted else 0)
    except redis.exceptions.OutOfMemoryError as error:
        raise NoPredictWorker(
            "As many images of predictions wait as there is room for. Try again soon."
        ) from error
    except (redis.RedisError, OSError) as error:
        logger.warning("predictions cannot reach a worker, Redis does not answer: %s", error)
        raise NoPredictWorker(
            "The queue of predictions does not answer. Try again soon."
        ) from error
    except Unreadable as error:
        logger.error("a predict worker answers in a way that this process cannot read: %s", error)
        raise NoPredictWorker(
            "The predict worker runs another version of Loupe than the web server. Try again once "
            "the operator of this Loupe has restarted both."
        ) from error
    if answer is None:
        raise no_answer_in_time()
    return answer


def no_answer_in_time() -> NoPredictWorker:
    """Return what is said where no worker has answered."""
    return NoPredictWorker(
        f"No predict worker answered within {mailbox.WAIT_SECONDS} seconds. Try again soon; if "
        "this stays so, ask the operator of this Loupe to start a predict worker."
    )


def no_turn_in_time() -> TooManyAtOnce:
    """Return what is said where as many predictions as may be stayed under way."""
    return TooManyAtOnce(
        f"A person, or an organization, may have {settings.PREDICT_IN_FLIGHT} predictions "
        "under way at a time (one of many MiB counts for several); that many were, for "
        f"{mailbox.WAIT_SECONDS} seconds. Try again soon."
    )


def _answer_in_turn(
    organization: Organization, request: mailbox.Request, images: list[bytes], amount: int
) -> Answer | None:
    if not mailbox.take_turn(request, meanwhile=give_connection_back):
        raise no_turn_in_time()
    try:
        return _counted_answer(organization, request, images, amount)
    finally:
        mailbox.end_turn(request)


def _counted_answer(
    organization: Organization, request: mailbox.Request, images: list[bytes], amount: int
) -> Answer | None:
    if amount:
        take_predictions(organization=organization, amount=amount)
    answer = None
    try:
        mailbox.send(request, images)
        answer = mailbox.wait(request, _AT_ONCE_SECONDS)
        if answer is None:
            # Who waits long holds no connection to Postgres.
            give_connection_back()
            answer = mailbox.wait(request, request.deadline - time.time())
    finally:
        if answer is None and amount:
            give_back_predictions(organization=organization, amount=amount)
    return answer


def raise_for_error(error: Fault | None, user: User | None, version: ModelVersion) -> None:
    """Raise what the API says where a version has no answer for `user` (None: a person without an
    account); nothing without an error.

    Raises `TooLarge` or `ModelNotReady`; a file that is not the registered one is audited.
    """
    if error is None:
        return
    if error.code == "bad_model_file":
        record_refused_file(version=version, actor=user, reason=error.detail)
    if error.code == "too_many_pixels":
        raise TooLarge(error.detail, code=error.code)
    if error.code in _PASSING:
        raise ModelNotReady(
            f"{error.detail} {error.hint}".strip(), code=error.code, hint=error.hint
        )
    logger.error("a model could not answer: %s", error)
    if error.code in ("bad_model_file", "model_crashed"):
        raise ModelNotReady(error.detail, code=error.code, hint=error.hint)
    raise RuntimeError(f"the predict worker failed: {error}")
