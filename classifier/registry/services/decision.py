"""Say when a version's answers are accepted: by a promise of precision, or by thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from classifier.engine.measure.decision import Wish, decide, without
from classifier.engine.measure.decision_answers import DecisionAnswers, packed, unpacked
from classifier.engine.outcome import FileFacts
from classifier.models import Decision, ModelVersion
from classifier.models.decision import REFERENCES_FILE
from classifier.registry import kinds
from classifier.registry.policies import require_editable_model
from classifier.registry.selectors.decision import NO_IMAGES, obstacle_to_decision
from classifier.registry.services.version_job import queue_for_version
from common.errors import Conflict, FieldError, Invalid, NotFound, pointer_part
from common.nearest import nearest_first
from common.sentences import listed
from jobs.services.release import release
from storage import durable
from storage.names import model_file_name

# Of a name that is not known.
_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a worker has measured: validation answers, and the file of training vectors, if any.

    `starts` and `contents` as in `Decision`.
    """

    answers: DecisionAnswers
    starts: Sequence[int] = ()
    contents: bytes = b""
    path: Path | None = None
    facts: FileFacts | None = None


@transaction.atomic
def set_decision(*, user: User, version: ModelVersion, wish: Wish) -> Decision:
    """Decide on the version's answers as wished, from the next prediction on.

    The first time a job measures what that is told from; until it ends, answers have no decision.
    Raises `NotFound`, `Forbidden` below editor, `Invalid` for a class that the version does not
    have, `Conflict` (`no_validation_images`), `QuotaExceeded`.
    """
    require_editable_model(user=user, model=version.model)
    _check_classes(version, wish)
    obstacle = obstacle_to_decision(version)
    organization = version.model.organization
    if obstacle is not None or organization is None:
        obstacle = obstacle or NO_IMAGES
        raise Conflict(obstacle.detail, code=obstacle.code)
    version.model.lock()
    row = _locked(version)
    if row is None:
        row = Decision(
            model_version=version,
            job=queue_for_version(
                kind=kinds.DECISION, user=user, organization=organization, version=version
            ),
        )
    elif not row.measured and row.job.is_terminal:
        release(job=row.job)
        row.job = queue_for_version(
            kind=kinds.DECISION, user=user, organization=organization, version=version
        )
    row.wish, row.changed_by = wish.to_json(), user
    row.wished_at, row.withdrawn = timezone.now(), {}
    row.__dict__.pop("asked", None)
    if row.measured:
        apply_wish(row, version)
    row.save()
    audit.record(actor=user, action="model_version.decision", target=version, **_said(wish))
    return row


@transaction.atomic
def remove_decision(*, user: User, version: ModelVersion) -> None:
    """Let the version answer without a decision again, from the next prediction on.

    Raises `NotFound` where there is none, `Forbidden` below editor, `Conflict` while it is
    measured.
    """
    require_editable_model(user=user, model=version.model)
    version.model.lock()
    row = _locked(version)
    if row is None:
        raise NotFound(f"{version} has no decision.")
    if not row.job.is_terminal:
        raise Conflict(f"“{row.job.title}” has not ended yet: wait for it, or cancel it.")
    row.delete()
    release(job=row.job)
    name = model_file_name(version.pk, REFERENCES_FILE)
    transaction.on_commit(partial(durable.delete, name), robust=True)
    audit.record(actor=user, action="model_version.decision.remove", target=version)


def store_measured(*, version: ModelVersion, measured: Measured) -> Decision:
    """Keep what was measured and decide as wished by now, in the transaction that ends the job."""
    row = Decision.objects.select_for_update().get(model_version=version)
    row.answers = packed(measured.answers)
    row.starts, row.contents = list(measured.starts), measured.contents
    row.references = dict(measured.facts) if measured.facts else None
    apply_wish(row, version)
    row.save()
    if measured.path is not None and row.references is not None:
        name = model_file_name(version.pk, REFERENCES_FILE)
        durable.take_over(measured.path, name, row.references["sha256"])
    return row


def _locked(version: ModelVersion) -> Decision | None:
    """Return the version's decision, locked: what a worker has measured meanwhile is in it."""
    return Decision.objects.select_for_update().filter(model_version=version).first()


def apply_wish(row: Decision, version: ModelVersion) -> None:
    """Decide as wished from what was measured; the caller saves."""
    rows = unpacked(bytes(row.answers or b""))
    found = without(decide(row.asked, rows, version.class_names, row.starts), row.withdrawn)
    row.set_rule(found.rule, found.outcome)


def _check_classes(version: ModelVersion, wish: Wish) -> None:
    known = set(version.class_names)
    for field, named in (("precision", wish.precision), ("thresholds", wish.thresholds)):
        if not isinstance(named, dict):
            continue
        unknown = sorted(set(named) - known)
        if unknown:
            name = unknown[0] if len(unknown[0]) <= _SHOWN else f"{unknown[0][:_SHOWN]}…"
            near = nearest_first(name, version.class_names)
            detail = (
                f"{version} has no class {name!r}"
                f"{f' (and {len(unknown) - 1} more of these)' if len(unknown) > 1 else ''}; its "
                f"classes are {listed(near)}."
            )
            pointer = f"/{field}/{pointer_part(name)}"
            raise Invalid(detail, errors=[FieldError(pointer, "does_not_exist", detail)])


def _said(wish: Wish) -> dict[str, object]:
    said: dict[str, object] = {"unknown_rate": wish.unknown_rate}
    if wish.thresholds is not None:
        return said | {"thresholds": wish.thresholds}
    return said | {"precision": wish.precision, "confidence": wish.confidence}
