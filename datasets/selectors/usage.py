"""How much of the quotas an organization's datasets take.

With the trash until it is purged, and after that with what frozen versions hold: its files stay.
"""

from django.db.models import QuerySet, Sum

from accounts.models import Organization
from datasets.models import Dataset, ImageCount, Import


def stored_bytes(organization: Organization) -> int:
    """Return the bytes of image files, and of archives that an import or its retry still needs."""
    images = ImageCount.objects.filter(dataset__in=_datasets(organization))
    archives = Import.objects.filter(
        dataset__organization=organization, job__tidied_at=None, job__released_at=None
    )
    return sum(
        int(rows.aggregate(total=Sum(field))["total"] or 0)
        for rows, field in ((images, "bytes"), (archives, "archive_bytes"))
    )


def stored_images(organization: Organization) -> int:
    """Return how many images there are; what is left of forgotten ones does not count."""
    counts = ImageCount.objects.filter(dataset__in=_datasets(organization))
    return int(counts.aggregate(stored=Sum("stored"))["stored"] or 0)


def stored_datasets(organization: Organization) -> int:
    """Return how many datasets there are; purged ones that their versions keep do not count."""
    return Dataset.objects.filter(organization=organization, purged_at=None).count()


def _datasets(organization: Organization) -> QuerySet:
    return Dataset.objects.filter(organization=organization).values("pk")
