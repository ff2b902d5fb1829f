"""Let no image stay half forgotten."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from datasets.models import Forgetting
from jobs.models import Status
from jobs.services.retry import go_on

_AFTER = timedelta(hours=1)


def finish_begun() -> None:
    """Start again what erased rows and then failed or was cancelled, an hour after its end.

    A chore. Its person may have started it again before; then there is nothing to do.
    """
    ended = Forgetting.objects.exclude(erased_at=None).filter(
        job__status__in=(Status.FAILED, Status.CANCELLED),
        job__ended_at__lt=timezone.now() - _AFTER,
    )
    for forgetting_id in ended.values_list("pk", flat=True)[:100]:
        with transaction.atomic():
            rows = ended.select_for_update(of=("self",), skip_locked=True)
            forgetting = rows.select_related("job").filter(pk=forgetting_id).first()
            if forgetting is not None:
                go_on(user=None, job=forgetting.job.lock())
