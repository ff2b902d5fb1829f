"""Let no image stay half forgotten, or come back by work that was under way."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from classifier.batches.services.forget_in_batches import forget_content_in_batches
from classifier.lineage.services.erase import forget_trials
from datasets.models import Forgetting, ImageFingerprint
from datasets.services.forget_images import erase_files
from jobs.models import Status
from jobs.services.retry import go_on

_AFTER = timedelta(hours=1)
_LOOKED_AT_FOR = timedelta(days=2)


def finish_begun() -> None:
    """Start again what failed or was cancelled once it had begun, an hour after its end.

    A chore. What was refused because work had not ended waits for a person.
    """
    for forgetting_id in _given_up().values_list("pk", flat=True)[:100]:
        with transaction.atomic():
            rows = _given_up().select_for_update(of=("self",), skip_locked=True)
            forgetting = rows.select_related("job").filter(pk=forgetting_id).first()
            if forgetting is not None:
                go_on(user=None, job=forgetting.job.lock())


def erase_again() -> None:
    """Delete again what work that was under way may have stored after an image had gone.

    A chore, for two days: vectors, fingerprints and trials of contents that were read before.
    """
    lately = Forgetting.objects.filter(erased_at__gt=timezone.now() - _LOOKED_AT_FOR)
    for forgetting in lately:
        ImageFingerprint.objects.filter(image__in=forgetting.image_ids).delete()
        with transaction.atomic():
            forget_trials(forgetting)
        forget_content_in_batches(forgetting)
        erase_files(forgetting)


def _given_up() -> QuerySet[Forgetting]:
    begun = Q(erased_at__isnull=False) | Q(job__started_at__isnull=False)
    return Forgetting.objects.filter(
        begun,
        job__status__in=(Status.FAILED, Status.CANCELLED),
        job__ended_at__lt=timezone.now() - _AFTER,
    ).exclude(job__error__code="in_use")
