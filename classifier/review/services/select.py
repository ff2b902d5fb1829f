"""Choose images for the review queue: a job looks at them and puts them in."""

import uuid
from collections.abc import Sequence
from typing import cast

from django.db import transaction

from accounts.models import Organization, User
from accounts.services import audit
from classifier.models import UNRANKED, ReviewItem, ReviewSelection, ReviewStatus
from classifier.review import kinds
from classifier.review.limits import MOST_OPEN
from classifier.review.services.choose import Chosen
from classifier.review.services.rank import Ranking, store_ranking
from common.copy_rows import copy_rows
from datasets.models import Dataset
from datasets.policies import require_editable
from jobs.services.enqueue import enqueue

_COLUMNS = (
    "id", "created_at", "organization_id", "selection_id", "reason", "dataset_id", "image_id",
    "given_class_id", "suggested", "uncertainty", "rank", "status", "skipped_by", "class_name",
    "undo",
)  # fmt: skip


@transaction.atomic
def start_selection(*, user: User, dataset: Dataset, kind: str) -> ReviewSelection:
    """Have a job queue images of a dataset: those that `kind` names (`ReviewKind`).

    Raises `NotFound`, `Forbidden`, `InTrash`, and `Conflict` for a fourth one of the person's.
    """
    require_editable(user=user, dataset=dataset)
    selection = ReviewSelection(
        organization=dataset.organization, kind=kind, dataset=dataset, created_by=user
    )
    selection.job = enqueue(
        kind=kinds.SELECT_REVIEW,
        organization=dataset.organization,
        created_by=user,
        title=f"Review: {selection.get_kind_display().lower()} of {dataset.name}",
        payload={"review_selection": str(selection.pk)},
    )
    selection.save()
    audit.record(actor=user, action="review.select", target=selection, kind=kind)
    return selection


def queue_images(selection: ReviewSelection, chosen: Sequence[Chosen], ranking: Ranking) -> None:
    """Queue what was chosen, the most uncertain first, as far as there is room.

    In the caller's transaction. An image that is in the queue stays as it is.
    """
    dataset = cast(Dataset, selection.dataset)
    dataset.lock()
    Organization.objects.select_for_update(no_key=True).get(pk=selection.organization_id)
    _drop_settled(dataset)
    open_items = ReviewItem.objects.filter(
        organization=selection.organization_id, status=ReviewStatus.OPEN
    )
    known = set(open_items.filter(dataset=dataset).values_list("image_id", flat=True))
    new = [each for each in chosen if each.image_id not in known]
    queued = new[: max(0, MOST_OPEN - open_items.count())]
    copy_rows(ReviewItem, _COLUMNS, (_row(selection, each) for each in queued))
    store_ranking(dataset, ranking)
    selection.counts = {
        "queued": len(queued),
        "known": len(chosen) - len(new),
        "full": len(new) - len(queued),
        "without_answer": sum(not each.suggested for each in queued),
    }
    ranked = ReviewItem.objects.filter(dataset=dataset, status=ReviewStatus.OPEN)
    selection.ranked = ranked.exclude(rank=UNRANKED).count()
    selection.vectors = ranking.vectors
    selection.save(update_fields=["counts", "ranked", "vectors"])


def _drop_settled(dataset: Dataset) -> None:
    """Delete open items of images that were labelled or put away elsewhere since."""
    items = ReviewItem.objects.filter(dataset=dataset, status=ReviewStatus.OPEN)
    items.exclude(pk__in=items.open().values("pk")).delete()


def _row(selection: ReviewSelection, chosen: Chosen) -> tuple:
    return (
        uuid.uuid4(), selection.created_at, selection.organization_id, selection.pk, selection.kind,
        selection.dataset_id, chosen.image_id, chosen.given_class_id, chosen.suggested,
        chosen.uncertainty, UNRANKED, ReviewStatus.OPEN.value, "{}", "", {},
    )  # fmt: skip
