"""Take items out of the queue whose image is gone."""

import uuid
from collections.abc import Collection

from django.db.models import Q

from classifier.models import ReviewItem


def forget_items(image_ids: Collection[uuid.UUID]) -> int:
    """Delete what was asked and answered about images that are forgotten; return how many.

    In the caller's transaction. Safe to repeat.
    """
    count, _ = ReviewItem.objects.filter(image__in=image_ids).delete()
    return count


def sweep_items() -> None:
    """A chore: delete the items of images that only versions keep. Those of others go with them."""
    gone = Q(image__purged_at__isnull=False) | Q(image__dataset__purged_at__isnull=False)
    ReviewItem.objects.filter(gone).delete()
