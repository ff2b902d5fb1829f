"""Take back work that has not begun and is no longer needed."""

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from jobs.models import WAITING, Job, Status


@transaction.atomic
def withdraw(*, jobs: QuerySet[Job]) -> int:
    """Cancel those of `jobs` that wait; return how many. For a job's parts, not for people."""
    waiting = jobs.filter(status__in=WAITING).select_for_update(of=("self",), skip_locked=True)
    ids = list(waiting.values_list("pk", flat=True))
    fields = {"status": Status.CANCELLED, "ended_at": Now(), "available_at": None}
    return Job.objects.filter(pk__in=ids, status__in=WAITING).update(**fields)
