"""Take an image that is forgotten out of batches (ADR 0048)."""

from django.db import transaction
from django.db.models import Count, F, QuerySet

from classifier.models import BatchChunk, BatchPrediction, BatchResult, BatchSource
from datasets.models import Forgetting, Image


def forget_images_in_batches(forgetting: Forgetting) -> int:
    """Delete what was answered about the forgotten images, in the caller's transaction.

    Call it while their rows are there; return how many results it were.
    """
    _cut_items(forgetting)
    return _forget(BatchResult.objects.filter(image__in=forgetting.image_ids))


@transaction.atomic
def forget_content_in_batches(forgetting: Forgetting) -> int:
    """Delete what was answered before about the very file, unless the organization still has it.

    A batch of an archive then needs the file no longer. Safe to repeat.
    """
    others = Image.objects.filter(
        sha256=forgetting.sha256,
        forgetting=None,
        dataset__organization=forgetting.organization_id,
        created_at__lt=forgetting.created_at,
    )
    if others.exists():
        return 0
    return _forget(
        BatchResult.objects.filter(
            sha256=forgetting.sha256,
            batch__organization=forgetting.organization_id,
            batch__created_at__lt=forgetting.created_at,
        )
    )


def _cut_items(forgetting: Forgetting) -> None:
    """Take the images' names out of what batches have still to ask about.

    Nothing is kept of an answer that comes after this (`store_results`).
    """
    gone = {str(pk) for pk in forgetting.image_ids}
    chunks = BatchChunk.objects.filter(
        done=False, source__source__in=(BatchSource.DATASET, BatchSource.DATASET_VERSION)
    ).filter(source__dataset__in=forgetting.dataset_ids)
    for chunk in chunks.select_for_update(of=("self",)).order_by("pk"):
        if any(item[1] in gone for item in chunk.items):
            chunk.items = [
                [*item[:2], "", *item[3:]] if item[1] in gone else item for item in chunk.items
            ]
            chunk.save(update_fields=["items"])


def _forget(rows: QuerySet[BatchResult]) -> int:
    """Delete results; each batch says of how many images they are gone."""
    batches = sorted(rows.order_by().values_list("batch").annotate(Count("id")))
    for batch_id, count in batches:
        BatchPrediction.objects.filter(pk=batch_id).update(
            forgotten_count=F("forgotten_count") + count
        )
    rows.delete()
    return sum(count for _, count in batches)
