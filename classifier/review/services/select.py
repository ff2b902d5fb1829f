"""Choose what goes into the review queue: a job looks at it and puts it in."""

import uuid
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.batches.services.locked import locked_batch
from classifier.models import (
    UNRANKED,
    BatchPrediction,
    BatchResult,
    KeptPrediction,
    RegisteredModel,
    ReviewItem,
    ReviewKind,
    ReviewSelection,
    ReviewStatus,
)
from classifier.review import kinds
from classifier.review.limits import MOST_OPEN
from classifier.review.services.chosen import Choice, Chosen
from classifier.review.services.rank import Ranking, store_ranking
from common.copy_rows import copy_rows
from common.errors import Conflict
from datasets.models import Dataset, Image
from datasets.policies import require_editable
from jobs.models import Status
from jobs.services.enqueue import enqueue

_COLUMNS = (
    "id", "created_at", "organization_id", "selection_id", "reason", "model_id", "dataset_id",
    "given_class_id", "suggested", "uncertainty", "decision", "rank", "status", "skipped_by",
    "class_name", "undo",
)  # fmt: skip
# What an item is about, by the kind of its selection.
COLUMNS = {
    ReviewKind.UNLABELLED: "image_id",
    ReviewKind.LABEL_ERRORS: "image_id",
    ReviewKind.PREDICTIONS: "kept_id",
    ReviewKind.BATCH: "batch_result_id",
}


@transaction.atomic
def start_selection(*, user: User, dataset: Dataset, kind: str) -> ReviewSelection:
    """Have a job queue images of a dataset: those that `kind` names (`ReviewKind`).

    Raises `NotFound`, `Forbidden`, `InTrash`, and `Conflict` for a fourth one of the person's.
    """
    require_editable(user=user, dataset=dataset)
    return _started(
        ReviewSelection(organization=dataset.organization, kind=kind, dataset=dataset),
        user,
        dataset.name,
    )


@transaction.atomic
def select_predictions(
    *,
    user: User,
    organization: Organization,
    model: RegisteredModel,
    confidence: float | None = None,
) -> ReviewSelection:
    """Have a job queue the doubtful predictions that an organization keeps of a model.

    Doubtful is what was decided so, and where there was no decision, what is below `confidence`.
    Raises `NotFound`, `Forbidden`, `Conflict`.
    """
    require_role(user=user, organization=organization, role=Role.EDITOR)
    selection = ReviewSelection(
        organization=organization,
        kind=ReviewKind.PREDICTIONS,
        model=model,
        confidence=confidence,
    )
    return _started(selection, user, model.name)


@transaction.atomic
def select_batch(
    *, user: User, batch: BatchPrediction, confidence: float | None = None
) -> ReviewSelection:
    """Have a job queue the doubtful answers of a batch, as `select_predictions` does.

    Raises `NotFound`, `Forbidden`, `Conflict` (`not_ended`: its images do not all have answers).
    """
    require_role(user=user, organization=batch.organization, role=Role.EDITOR)
    batch = locked_batch(batch)
    if batch.job.status != Status.SUCCEEDED:
        raise Conflict(
            "What is doubtful goes to review when all images of the batch have their answers; this "
            f"one is {batch.job.get_status_display().lower()}.",
            code="not_ended",
        )
    selection = ReviewSelection(
        organization=batch.organization, kind=ReviewKind.BATCH, batch=batch, confidence=confidence
    )
    return _started(selection, user, batch.source_name)


def _started(selection: ReviewSelection, user: User, of: str) -> ReviewSelection:
    selection.created_by = user
    selection.job = enqueue(
        kind=kinds.SELECT_REVIEW,
        organization=selection.organization,
        created_by=user,
        title=f"Review: {selection.get_kind_display().lower()} of {of}",
        payload={"review_selection": str(selection.pk)},
    )
    selection.save()
    audit.record(actor=user, action="review.select", target=selection, kind=selection.kind)
    return selection


def open_items_of(selection: ReviewSelection) -> QuerySet[ReviewItem]:
    """Return the items with which a selection's are put in order: of the same dataset or model."""
    rows = ReviewItem.objects.filter(
        organization=selection.organization_id, status=ReviewStatus.OPEN
    )
    if selection.dataset_id:
        return rows.filter(dataset=selection.dataset_id)
    if selection.batch_id:
        return rows.filter(batch_result__batch=selection.batch_id)
    return rows.filter(model=selection.model_id, kept__isnull=False)


def queue_chosen(selection: ReviewSelection, choice: Choice, ranking: Ranking) -> None:
    """Queue what was chosen, the most uncertain first, as far as there is room.

    In the caller's transaction. What is in the queue, or was answered there, stays as it is.
    """
    if selection.dataset is not None:
        selection.dataset.lock()
    Organization.objects.select_for_update(no_key=True).get(pk=selection.organization_id)
    column = COLUMNS[ReviewKind(selection.kind)]
    of_kind = open_items_of(selection)
    _drop_settled(of_kind)
    known = _known(selection, column)
    fresh = [each for each in choice.chosen if each.source_id not in known]
    there = _still_there(column, [each.source_id for each in fresh])
    new = [each for each in fresh if each.source_id in there]
    all_open = ReviewItem.objects.filter(
        organization=selection.organization_id, status=ReviewStatus.OPEN
    )
    if all_open.count() + len(new) > MOST_OPEN:
        _drop_settled(all_open)
    queued = new[: max(0, MOST_OPEN - all_open.count())]
    rows = (_row(selection, each) for each in queued)
    copy_rows(ReviewItem, (*_COLUMNS, column), rows)
    store_ranking(of_kind, column, ranking)
    selection.counts = {
        "queued": len(queued),
        "known": len(choice.chosen) - len(fresh),
        "full": len(new) - len(queued) + choice.beyond,
        "gone": len(fresh) - len(new),
        "without_answer": sum(not each.suggested for each in queued),
        **choice.left_out,
    }
    selection.ranked = of_kind.exclude(rank=UNRANKED).count()
    selection.vectors = ranking.vectors
    selection.save(update_fields=["counts", "ranked", "vectors"])


def _still_there(column: str, ids: list[Any]) -> set[Any]:
    """Return which of the ids still have their row, and keep those rows to the transaction's end.

    What was read minutes before may have expired, or been deleted.
    """
    model = {"image_id": Image, "kept_id": KeptPrediction, "batch_result_id": BatchResult}[column]
    kind = "bigint" if column == "batch_result_id" else "uuid"
    statement = f"SELECT id FROM {model._meta.db_table} WHERE id = ANY(%s::{kind}[]) FOR KEY SHARE"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [ids])
        return {row[0] for row in cursor.fetchall()}


def _known(selection: ReviewSelection, column: str) -> set[Any]:
    """Return what is not queued once more: open items of images, and every one of an answer."""
    if selection.dataset_id:
        items = open_items_of(selection)
    elif selection.batch_id:
        items = ReviewItem.objects.filter(batch_result__batch=selection.batch_id)
    else:
        items = ReviewItem.objects.filter(
            organization=selection.organization_id, model=selection.model_id, kept__isnull=False
        )
    return set(items.values_list(column, flat=True))


def _drop_settled(items: QuerySet[ReviewItem]) -> None:
    """Delete open items of what was answered or put away elsewhere since."""
    asked = ReviewItem.objects.open().filter(pk__in=items.values("pk"))
    items.exclude(pk__in=asked.values("pk")).delete()


def _row(selection: ReviewSelection, chosen: Chosen) -> tuple[Any, ...]:
    model_id = selection.model_id
    if selection.batch is not None:
        model_id = selection.batch.model_version.model_id
    return (
        uuid.uuid4(), selection.created_at, selection.organization_id, selection.pk,
        selection.kind, model_id, selection.dataset_id, chosen.given_class_id, chosen.suggested,
        chosen.uncertainty, chosen.decision, UNRANKED, ReviewStatus.OPEN.value, "{}", "", {},
        chosen.source_id,
    )  # fmt: skip
