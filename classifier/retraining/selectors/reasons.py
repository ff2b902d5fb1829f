"""Whether there is a reason to train again, in a sentence; empty where there is none."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from classifier.models import (
    DraftStatus,
    DriftCheck,
    Judgement,
    RegisteredModel,
    RetrainingDraft,
)
from classifier.retraining.selectors.standing import Standing, corrected, new_labels
from jobs.models import Status

DRIFT_COUNTS_AGAIN = timedelta(days=7)


def labels_since(model: RegisteredModel, standing: Standing, least: int) -> str:
    """Return why where at least so many labels are new or corrected since the version learned.

    Since a retraining of this version that ended well they count from what it learned, and since a
    draft that was dismissed, from what that said.
    """
    live = standing.live
    number = live.number if live else 0
    changed, since = standing.changed, f"since version {number} learned"
    said = _last_that_counts(model, standing)
    if said is not None and said.status == DraftStatus.DISMISSED:
        changed -= said.new_labels + said.corrected
        since = f"since the draft of {said.created_at:%-d %B}, which was dismissed"
    elif said is not None and said.dataset_version is not None:
        changed = new_labels(said.dataset_version) + corrected(said.dataset_version)
        since = f"since the retraining of {said.decided_at:%-d %B} froze them"
    if changed < least:
        return ""
    return f"{changed:,} labels of {standing.dataset.name} are new or corrected {since}."


def drift_since(model: RegisteredModel, standing: Standing) -> str:
    """Return why where the newest drift check of the live version has found drift.

    After a draft about this version was decided, drift counts again a week later: what drifted goes
    on drifting while a retraining is made, or no one wants one.
    """
    live = standing.live
    if live is None or model.organization is None:
        return ""
    ended = DriftCheck.objects.filter(organization=model.organization, model_version=live)
    check = ended.exclude(judgement="").order_by("-created_at").first()
    if check is None or check.judgement != Judgement.DRIFT:
        return ""
    said = _decided(model).filter(version=live).order_by("-created_at").first()
    decided_at = said.decided_at if said else None
    if decided_at and check.created_at < decided_at + DRIFT_COUNTS_AGAIN:
        return ""
    kinds = check.findings.filter(judgement=Judgement.DRIFT).order_by("adjusted")
    named = ", ".join(finding.get_kind_display().lower() for finding in kinds)
    return f"Its predictions have drifted ({named}), says the check of {check.created_at:%-d %B}."


def _last_that_counts(model: RegisteredModel, standing: Standing) -> RetrainingDraft | None:
    """Return the last draft of the live version that was dismissed, or whose run ended well."""
    dismissed = Q(status=DraftStatus.DISMISSED)
    learned = Q(status=DraftStatus.STARTED, training_run__job__status=Status.SUCCEEDED)
    rows = _decided(model).filter(dismissed | learned, version=standing.live)
    return rows.order_by("-created_at").first()


def _decided(model: RegisteredModel) -> QuerySet[RetrainingDraft]:
    decided = [DraftStatus.STARTED, DraftStatus.DISMISSED]
    rows = RetrainingDraft.objects.filter(model=model, status__in=decided)
    return rows.select_related("dataset_version__dataset", "version")
