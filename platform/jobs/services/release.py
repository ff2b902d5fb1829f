"""Give up what an ended job keeps for a retry or an answer."""

from django.db.models.functions import Now

from jobs.models import TERMINAL, Job


def release(*, job: Job) -> bool:
    """Have everything that an ended job left on disk removed soon; False if that was said before.

    It cannot be run again from then on. The caller has checked who may do this.
    """
    ended = Job.objects.filter(pk=job.pk, status__in=TERMINAL, released_at=None)
    return bool(ended.update(released_at=Now()))
