"""Reading rules and drafts."""

import uuid
from dataclasses import dataclass

from accounts.models import User
from accounts.querysets import TenantQuerySet
from classifier.models import DraftStatus, RegisteredModel, RetrainingDraft, RetrainingRule
from classifier.retraining.selectors.standing import Standing, standing_of


@dataclass(frozen=True)
class Retraining:
    """A model's rule (None: it has none), how it stands, and its open draft, if it has one."""

    model: RegisteredModel
    rule: RetrainingRule | None
    standing: Standing
    draft: RetrainingDraft | None


def retraining_of(model: RegisteredModel) -> Retraining:
    """Return all there is to say about the retraining of a model that a person may see."""
    rule = RetrainingRule.objects.filter(model=model).select_related("changed_by").first()
    return Retraining(model, rule, standing_of(model), open_draft(model))


def open_draft(model: RegisteredModel) -> RetrainingDraft | None:
    """Return the draft of a model that waits for an admin, if one does."""
    rows = _with_all(RetrainingDraft.objects.all())
    return rows.filter(model=model, status=DraftStatus.OPEN).first()


def visible_drafts(user: User) -> TenantQuerySet:
    """Return the drafts of models of the user's organizations, newest first."""
    return _with_all(RetrainingDraft.objects.for_user(user)).order_by("-created_at", "-id")


def visible_draft(user: User, draft_id: uuid.UUID) -> RetrainingDraft:
    """Return one of them; raises `NotFound`."""
    draft: RetrainingDraft = visible_drafts(user).get_visible(draft_id)
    return draft


def _with_all(rows: TenantQuerySet) -> TenantQuerySet:
    return rows.select_related(
        "model__organization",
        "version",
        "dataset",
        "dataset_version",
        "training_run__job",
        "decided_by",
    )
