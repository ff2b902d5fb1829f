"""Reading what is done by itself with new datasets."""

import uuid

from django.db.models import QuerySet

from accounts.models import User
from classifier.models import FirstRun
from common.errors import NotFound
from datasets import kinds
from datasets.models import Dataset
from datasets.selectors.jobs_under_way import job_under_way


def first_run_of(user: User, dataset_id: uuid.UUID) -> FirstRun | None:
    """Return the first run of a dataset that `user` may see, None where none was planned."""
    runs: QuerySet[FirstRun] = FirstRun.objects.for_user(user)
    return runs.select_related("dataset", "run__job").filter(dataset=dataset_id).first()


def planned_first_run(user: User, dataset_id: uuid.UUID) -> FirstRun:
    """Return the same; raises `NotFound` for none."""
    planned = first_run_of(user, dataset_id)
    if planned is None:
        raise NotFound("Nothing goes on by itself with this dataset.")
    return planned


def images_are_coming(dataset: Dataset) -> bool:
    """Whether an import of the dataset, or the check of what came in, has not ended."""
    return job_under_way(dataset, kinds.IMPORT_ARCHIVE, kinds.CHECK_QUALITY) is not None
