"""Whether there is a reason to train again, in a sentence; empty where there is none."""

from datetime import timedelta

from classifier.models import DraftStatus, RegisteredModel, RetrainingDraft
from classifier.monitoring.selectors.drift import found_drift
from classifier.retraining.selectors.standing import Standing, corrected, new_labels

DRIFT_COUNTS_AGAIN = timedelta(days=7)


def labels_since(model: RegisteredModel, standing: Standing, least: int) -> str:
    """Return why where at least so many labels are new or corrected since the version learned.

    After a draft was started they count from what its run learned, and after one was dismissed,
    from what it said.
    """
    said = _last_draft(model)
    changed, since = standing.changed, f"since version {standing.live.number} learned"  # type: ignore[union-attr]
    if said is not None and said.status == DraftStatus.STARTED and said.dataset_version:
        if said.dataset_version != standing.learned:
            changed = new_labels(said.dataset_version) + corrected(said.dataset_version)
            since = f"since the retraining of {said.decided_at:%-d %B} froze them"
    elif said is not None and said.version == standing.live:
        changed -= said.new_labels + said.corrected
        since = f"since the draft of {said.created_at:%-d %B}, which was dismissed"
    if changed < least:
        return ""
    return f"{changed:,} labels of {standing.dataset.name} are new or corrected {since}."


def drift_since(model: RegisteredModel, standing: Standing) -> str:
    """Return why where the owner's predictions of the live version have drifted.

    After a draft about this version was decided, drift counts again a week later: what drifted goes
    on drifting while a retraining is made, or no one wants one.
    """
    live = standing.live
    if live is None or model.organization is None:
        return ""
    said, since = _last_draft(model), live.created_at
    if said is not None and said.version == live and said.decided_at:
        since = said.decided_at + DRIFT_COUNTS_AGAIN
    found = found_drift(model.organization, model, since)
    finding = found.filter(drift_check__model_version=live).first()
    if finding is None:
        return ""
    return (
        f"Its predictions have drifted ({finding.get_kind_display().lower()}), says the check of "
        f"{finding.drift_check.created_at:%-d %B}."
    )


def _last_draft(model: RegisteredModel) -> RetrainingDraft | None:
    rows = RetrainingDraft.objects.filter(model=model).exclude(status=DraftStatus.OPEN)
    return (
        rows.select_related("dataset_version__dataset", "version").order_by("-created_at").first()
    )
