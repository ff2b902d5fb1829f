"""Forget what is past: deliveries, alerts that were sent, jobs that sent them."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from jobs.kinds import Queue
from jobs.models import TERMINAL, Job
from jobs.services.forget import forget
from webhooks.limits import JOB_KEEP_DAYS, KEEP_DAYS
from webhooks.models import MailAlert, ToldJob, WebhookDelivery

_BATCH = 2_000


def sweep() -> None:
    """Remove what ended more than `KEEP_DAYS` days ago; of jobs, `JOB_KEEP_DAYS`."""
    now = timezone.now()
    old = now - timedelta(days=KEEP_DAYS)
    waiting = {"next_try_at__isnull": False}
    deliveries = WebhookDelivery.objects.filter(created_at__lt=old).exclude(**waiting)
    _remove(deliveries)
    _remove(MailAlert.objects.filter(sent_at__lt=old))
    recently = now - timedelta(days=JOB_KEEP_DAYS)
    ToldJob.objects.filter(told_at__lt=recently).delete()
    jobs = Job.objects.filter(
        queue=Queue.NOTIFY.value, status__in=TERMINAL, ended_at__lt=recently
    ).exclude(tidied_at=None)
    forget(lineages=list(jobs.values_list("lineage", flat=True)[:_BATCH]))


def _remove(rows: QuerySet) -> None:
    """Remove up to a batch: the next round goes on."""
    chosen = list(rows.values_list("pk", flat=True)[:_BATCH])
    rows.model._base_manager.filter(pk__in=chosen).delete()
