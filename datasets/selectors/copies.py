"""Reading which images are copies of one another, as the last comparison stored it."""

from django.db.models import Count, F, Q, QuerySet

from datasets.models import Dataset, ImageFingerprint


def copies_in(dataset: Dataset) -> int:
    """Return how many images of a dataset are copies, near or exact, of another one there."""
    return _compared(dataset).exclude(group=F("image_id")).count()


def groups_across_folders(dataset: Dataset) -> int:
    """Return how many groups of copies came in more than one of train, validation and test."""
    folders = Count("image__split", distinct=True, filter=~Q(image__split=""))
    groups = _compared(dataset).values("group").annotate(folders=folders)
    return groups.filter(folders__gt=1).count()


def _compared(dataset: Dataset) -> QuerySet[ImageFingerprint]:
    return ImageFingerprint.objects.filter(
        image__dataset=dataset,
        image__deleted_at=None,
        image__excluded_at=None,
        group__isnull=False,
    )
