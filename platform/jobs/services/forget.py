"""Delete ended jobs whose subject is deleted: nothing would be left to show of them."""

import uuid
from collections.abc import Collection
from functools import partial

from django.db import transaction

from jobs.models import TERMINAL, Job
from storage import durable, scratch
from storage.names import checkpoint_folder


@transaction.atomic
def forget(*, lineages: Collection[uuid.UUID]) -> int:
    """Delete the ended jobs of these lineages with attempts and files; return how many.

    Whatever pointed at them must be gone. Not for people: their service has checked.
    """
    jobs = Job.objects.filter(lineage__in=lineages, status__in=TERMINAL)
    ids = list(jobs.values_list("pk", flat=True))
    jobs.delete()
    for job_id in {*ids, *lineages}:
        folder = scratch.job_dir(job_id)
        transaction.on_commit(partial(scratch.remove_tree, folder), robust=True)
        if durable.lies_elsewhere():
            kept = checkpoint_folder(job_id)
            transaction.on_commit(partial(durable.delete_folder, kept), robust=True)
    return len(ids)
