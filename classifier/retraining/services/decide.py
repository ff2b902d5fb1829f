"""An admin starts what was drafted, or dismisses it."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.models import DraftStatus, RetrainingDraft, TrainingRun
from classifier.retraining.selectors.standing import Standing, standing_of
from classifier.training.services.start_training import clone_training
from common.errors import Conflict
from datasets.models import DatasetVersion
from datasets.services.versions.freeze import freeze


def start_draft(*, user: User, draft: RetrainingDraft) -> TrainingRun:
    """Freeze the dataset as it is now, and start a run like the live version's on it.

    Split as the version that it learned from, whose test images stay test images; where nothing has
    changed since the newest version, that one is used. Raises `NotFound`, `Forbidden` below admin,
    `Conflict` (`decided`; `cannot_retrain`, with what stands in the way), and what `freeze` and
    `start_training` raise.
    """
    standing = _startable(user, draft)
    version = _frozen(user, standing)
    with transaction.atomic():
        draft = _open_draft(user, draft)
        run = clone_training(
            user=user,
            run=standing.run,
            changes={"dataset_version": version, "model": draft.model},
        )
        _decide(user, draft, DraftStatus.STARTED)
        draft.dataset_version, draft.training_run = version, run
        draft.save()
        audit.record(actor=user, action="retraining.start", target=draft, training_run=str(run.pk))
    return run


@transaction.atomic
def dismiss_draft(*, user: User, draft: RetrainingDraft, reason: str = "") -> RetrainingDraft:
    """Let a draft go; `reason` is kept with it. Raises `NotFound`, `Forbidden`, `Conflict`."""
    draft = _open_draft(user, draft)
    _decide(user, draft, DraftStatus.DISMISSED)
    draft.dismissal = reason
    draft.save()
    audit.record(actor=user, action="retraining.dismiss", target=draft, reason=reason)
    return draft


def _startable(user: User, draft: RetrainingDraft) -> Standing:
    require_role(user=user, organization=draft.model.organization, role=Role.ADMIN)
    _require_open(draft)
    standing = standing_of(draft.model)
    if standing.hindrance:
        raise Conflict(
            f"This cannot be started. {standing.hindrance}",
            code="cannot_retrain",
            hint="Dismiss the draft, or start a run under Training.",
        )
    if draft.version != standing.live:
        raise Conflict(
            "Another version is live since this was drafted: its run, and not the one that you "
            "saw, would be started.",
            code="outdated",
            hint="Loupe drafts again where there is a reason; or start a run under Training.",
        )
    return standing


def _frozen(user: User, standing: Standing) -> DatasetVersion:
    learned = standing.learned
    return freeze(
        user=user,
        dataset=standing.dataset,
        strategy=learned.strategy,
        **learned.fractions,
        seed=learned.seed,
        keep_test=True,
        note=f"Frozen to retrain {standing.live.model.name}",  # type: ignore[union-attr]
        reuse=True,
    )


def _open_draft(user: User, draft: RetrainingDraft) -> RetrainingDraft:
    require_role(user=user, organization=draft.model.organization, role=Role.ADMIN)
    rows = RetrainingDraft.objects.select_for_update(of=("self",))
    draft = rows.select_related("model__organization", "decided_by").get(pk=draft.pk)
    _require_open(draft)
    return draft


def _require_open(draft: RetrainingDraft) -> None:
    if draft.status != DraftStatus.OPEN:
        raise Conflict(
            f"{draft.decided_by or 'Someone'} has {draft.status} this draft.", code="decided"
        )


def _decide(user: User, draft: RetrainingDraft, status: DraftStatus) -> None:
    draft.status, draft.decided_by, draft.decided_at = status, user, timezone.now()
