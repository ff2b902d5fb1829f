"""Let predictions in that come with a token and ask for nothing unusual: several at a time, with
one question to Postgres and one step in each Redis.

Whatever is not simply right is `Declined`: REST framework's view, which gets the same request then,
knows every refusal and its sentence.
"""

import json
import logging
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

import redis
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import Exists
from knox.crypto import hash_token

from accounts.authentication import LAST_USED_PRECISION, accepted_scopes
from accounts.errors import RateExceeded
from accounts.models import Organization, ShareKind, TokenScope, User
from accounts.querysets import TenantQuerySet
from accounts.quotas import Quota
from accounts.selectors.organizations import personal_organizations
from accounts.selectors.sharing import receiving
from accounts.selectors.tokens import tokens_in_use
from accounts.services.quotas import give_back_predictions, take_predictions
from accounts.sharing import Subject
from classifier.models.alias import CHAMPION
from classifier.models.model_version import SERVED_FILE
from classifier.prediction.services.answer_post import answer_post
from classifier.prediction.services.answers import Answers, NamedImage
from classifier.prediction.services.keep import Asked
from classifier.prediction.services.keep_images import Keeping, keeping_for, names_for
from classifier.prediction.services.known_classes import Facts, Standing, known_classes
from classifier.prediction.serving import mailbox
from classifier.registry.selectors.class_facts import told_to_readers
from classifier.registry.selectors.models import shared_versions_to_serve, versions_to_serve

logger = logging.getLogger(__name__)
_SCOPES = frozenset(accepted_scopes("POST", TokenScope.PREDICT))


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Images for a version of a model, by its number or an alias, from a person by a token.

    `arrived` is in the seconds of `time.time()`; who waits too long from then on gets no answer.
    """

    person: uuid.UUID
    token: str
    model: uuid.UUID
    number: int | None
    alias: str
    top_k: int
    images: Sequence[NamedImage]
    arrived: float


class Question(NamedTuple):
    """What Postgres is asked: the same for many requests at a time."""

    person: uuid.UUID
    digest: str
    model: uuid.UUID
    number: int | None
    alias: str


class Served(NamedTuple):
    """What answers, and whose it is."""

    version: uuid.UUID
    number: int
    sha256: str
    fast_sha256: str
    rule_name: str
    known: Facts
    organization: Organization
    keeping: Keeping | None


@dataclass(frozen=True)
class Admitted:
    """A request that a worker will answer, or that its client gives up.

    `answers` holds what was answered and kept, None for an error.
    """

    request: mailbox.Request
    organization: Organization
    answers: "Future[Answers | None]"


class NotAdmitted(Enum):
    """Why nothing was sent."""

    DECLINED = "declined"
    NO_TURN = "no turn"


def admit(asks: Sequence[Ask]) -> list[Admitted | NotAdmitted]:
    """Send each of the asked to the workers, if it may be sent now; raises nothing."""
    questions = [_question_of(ask) for ask in asks]
    found: dict[Question, Served | None] = {}
    try:
        for question in questions:
            if question not in found:
                found[question] = _served(question)
    except DatabaseError as error:
        logger.warning("predictions cannot look up what they need: %s", error)
        connection.close()
        return [NotAdmitted.DECLINED] * len(asks)
    return [_sent(ask, found[question]) for ask, question in zip(asks, questions, strict=True)]


def _question_of(ask: Ask) -> Question:
    # The token itself is kept nowhere.
    return Question(ask.person, hash_token(ask.token), ask.model, ask.number, ask.alias)


def _served(question: Question) -> Served | None:
    """Return what answers, None where the token, the person or the model lets nothing through.

    None too where this process has not read yet what is known of the version's classes.
    """
    with connection.cursor() as cursor:
        cursor.execute(*_statement(question))
        row = cursor.fetchone()
        is_shared = row is None
        if is_shared:
            row = _shared(cursor, question)
        if row is None:
            return None
        version, number, files, enabled, fast, rule_name, facts_number, challenged, *payer = row
        if challenged and question.number is None and question.alias == CHAMPION:
            # Which of both versions answers is told where all options are known.
            return None
        known = known_classes.at_hand(Standing.of(version, facts_number, rule_name or ""))
        if payer[0] is None:
            # A built-in model: it is asked on the account of the person's own organization.
            cursor.execute(*_own_organization(question.person))
            payer = cursor.fetchone()
    if is_shared and known is not None:
        known = told_to_readers(known)
    served_file = json.loads(files).get(SERVED_FILE)
    if served_file is None or payer is None or known is None:
        # What is not known yet the long way reads, once for this process.
        return None
    organization = Organization(pk=payer[0], name=payer[1])
    setattr(organization, Quota.PREDICTIONS.field, payer[3])
    fast_sha256 = json.loads(fast)["sha256"] if enabled else ""
    keeping = keeping_for(payer[0]) if payer[2] else None
    return Served(
        version,
        number,
        served_file["sha256"],
        fast_sha256,
        rule_name or "",
        known,
        organization,
        keeping,
    )


def _shared(cursor: Any, question: Question) -> tuple[Any, ...] | None:
    """Return the same row of a shared model, with who pays: the organization it is shared with."""
    cursor.execute(*_shared_statement(question))
    row = cursor.fetchone()
    if row is None:
        return None
    cursor.execute(*_receiver(question.person, question.model))
    receiver = cursor.fetchone()
    return None if receiver is None else (*row[: -len(receiver)], *receiver)


@lru_cache(maxsize=1024)
def _receiver(person: uuid.UUID, model: uuid.UUID) -> tuple[str, tuple[Any, ...]]:
    rows = receiving(User(pk=person), Subject(ShareKind.MODEL, model, "", None))
    columns = rows.values_list(*_payer_columns("receiver__", "receiver"))[:1]
    return columns.query.sql_with_params()


@lru_cache(maxsize=1024)
def _own_organization(person: uuid.UUID) -> tuple[str, tuple[Any, ...]]:
    rows = personal_organizations(User(pk=person))
    return rows.values_list(*_payer_columns("", "id")).query.sql_with_params()


def _payer_columns(prefix: str, key: str) -> tuple[str, ...]:
    """Return what is asked of the organization that pays, reached by `prefix`."""
    names = "name", "keeps_predictions", Quota.PREDICTIONS.field
    return (key, *(f"{prefix}{name}" for name in names))


@lru_cache(maxsize=1024)
def _statement(question: Question) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL and its parameters: kept, because to put it together takes far longer than to
    answer it. The answer is never kept."""
    return _columns(question, versions_to_serve)


@lru_cache(maxsize=1024)
def _shared_statement(question: Question) -> tuple[str, tuple[Any, ...]]:
    return _columns(question, shared_versions_to_serve)


def _columns(
    question: Question, versions: Callable[..., TenantQuerySet]
) -> tuple[str, tuple[Any, ...]]:
    user = User(pk=question.person)
    token_now = tokens_in_use(user, question.digest, _SCOPES, LAST_USED_PRECISION)
    rows = versions(user, question.model, number=question.number, alias=question.alias)
    columns = rows.filter(Exists(token_now)).values_list(
        "id",
        "number",
        "files",
        "fast_mode__enabled",
        "fast_mode__file",
        "decision__rule_name",
        "model__class_facts_number",
        "model__challenged",
        *_payer_columns("model__organization__", "model__organization"),
    )
    return columns.query.sql_with_params()


def _sent(ask: Ask, served: Served | None) -> Admitted | NotAdmitted:
    if served is None:
        return NotAdmitted.DECLINED
    amount = len(ask.images)
    try:
        take_predictions(organization=served.organization, amount=amount)
        post = answer_post()
        request = mailbox.Request.new(
            served.version,
            served.sha256,
            ask.top_k,
            payers=(f"person:{ask.person}", f"organization:{served.organization.pk}"),
            size=sum(len(image.content) for image in ask.images),
            answers=post.address,
            fast_sha256=served.fast_sha256,
            rule_name=served.rule_name,
            arrived=ask.arrived,
            keep=names_for(served.keeping, amount),
        )
        answers = post.expect(_asked(ask, request, served))
        if mailbox.send_if_turn(request, [image.content for image in ask.images]):
            return Admitted(request, served.organization, answers)
        post.forget(request)
        give_back_predictions(organization=served.organization, amount=amount)
    except (RateExceeded, redis.RedisError, OSError):
        return NotAdmitted.DECLINED
    return NotAdmitted.NO_TURN


def _asked(ask: Ask, request: mailbox.Request, served: Served) -> Asked:
    return Asked(
        request=request,
        person=ask.person,
        organization=served.organization.pk,
        model=ask.model,
        version=served.version,
        number=served.number,
        images=ask.images,
        known=served.known,
        keeping=served.keeping,
    )


def give_up(admitted: Admitted, images: int) -> None:
    """Take back what no worker has answered; raises `redis.RedisError`."""
    answer_post().forget(admitted.request)
    mailbox.end_turn(admitted.request)
    give_back_predictions(organization=admitted.organization, amount=images)
