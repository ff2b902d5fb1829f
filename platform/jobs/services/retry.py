"""Run a failed or cancelled job again, as a new job: an end is an end."""

from django.db import models, transaction
from django.db.models.functions import Now

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services.audit import record
from common.errors import Conflict, NotFound
from jobs.kinds import Kind, get
from jobs.models import Job
from jobs.selectors.retries import why_not_retried
from jobs.services.enqueue import enqueue


def retry(*, user: User, job: Job) -> Job:
    """Return a new job that does the work of `job` again, from its last checkpoint if it has one.

    Rows that belong to the job (a run, an import, a report: whatever points at it one to one)
    belong to the new one from then on. Raises `Conflict` where nothing can be retried, `NotFound`
    for a job that was deleted meanwhile, `Forbidden` for a viewer.
    """
    require_role(user=user, organization=job.organization, role=Role.EDITOR)
    with transaction.atomic():
        try:
            job = job.lock()
        except Job.DoesNotExist:
            raise NotFound("This job was deleted, with what it was about.") from None
        if reason := why_not_retried(job):
            raise Conflict(reason)
        again = go_on(user=user, job=job)
        record(actor=user, action="job.retry", target=job, new_job=str(again.pk))
    again.refresh_from_db()
    return again


def go_on(*, user: User | None, job: Job, kind: Kind | None = None) -> Job:
    """Return a new job that takes over from an ended one, in the caller's transaction.

    It is of the same kind, unless another is named.

    The caller has checked that it may, and holds a lock that keeps others from doing so too.
    """
    again = enqueue(
        kind=kind or get(job.kind),
        organization=job.organization,
        created_by=user,
        title=job.title,
        payload=job.payload,
        priority=job.priority,
    )
    Job.objects.filter(pk=again.pk).update(
        lineage=job.lineage,
        retry_of=job,
        processor_seconds=job.processor_seconds,
        gpu_seconds=job.gpu_seconds,
    )
    # What the old job left on disk is the new one's now.
    Job.objects.filter(pk=job.pk).update(tidied_at=Now())
    _hand_over(job, again)
    return again


def _hand_over(old: Job, new: Job) -> None:
    for relation in Job._meta.related_objects:
        field = relation.field
        if isinstance(field, models.OneToOneField) and relation.related_model is not Job:
            relation.related_model._base_manager.filter(**{field.name: old}).update(
                **{field.name: new}
            )
