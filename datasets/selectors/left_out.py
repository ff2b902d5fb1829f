"""Which images of a dataset a version leaves out, and why."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count, Q

from datasets.models import Dataset, Image
from datasets.selectors.trash import expired_before

_ALIVE = Q(deleted_at=None)
_EXCLUDED = Q(excluded_at__isnull=False)


class Reason(StrEnum):
    """Why an image is not in a version; of several reasons the last one here."""

    UNLABELLED = "unlabelled"
    EXCLUDED = "excluded"
    TRASH = "trash"


@dataclass(frozen=True)
class LeftOut:
    """How many images are left out for a reason; at least one."""

    reason: Reason
    count: int


def left_out_of(dataset: Dataset) -> list[LeftOut]:
    """Return what a version that is frozen now leaves out; what is gone for good does not count."""
    counts = Image.objects.filter(dataset=dataset).aggregate(
        unlabelled=Count("pk", filter=_ALIVE & ~_EXCLUDED & Q(class_label=None)),
        excluded=Count("pk", filter=_ALIVE & _EXCLUDED),
        trash=Count("pk", filter=Q(deleted_at__gt=expired_before())),
    )
    return [LeftOut(reason, counts[reason]) for reason in Reason if counts[reason]]
