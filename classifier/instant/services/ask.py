"""Have the instant model of a dataset fitted again, unasked: these listen to `datasets`."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from classifier.instant import kinds
from datasets.models import Dataset, InstantModel
from datasets.services.labelling.suggestions import note_change, note_vectors
from datasets.services.one_job import start_one_job
from jobs.models import Job

_AT_ONCE = 20
# A fit that fails is tried again with the next label, and so long after that without one.
_PAUSE = timedelta(hours=1)


def fit_on_labels(*, user: User | None, dataset: Dataset) -> None:
    """Have changed labels noticed, where images have vectors."""
    if note_change(dataset):
        _start(user, dataset)


def fit_on_vectors(*, user: User | None, dataset: Dataset) -> None:
    """Have new vectors noticed, unless the dataset is to have no instant model.

    Also called when it is to have one again.
    """
    if Dataset.objects.filter(pk=dataset.pk, instant_model=True).exists():
        note_vectors(dataset)
        _start(user, dataset)


def fit_what_is_due() -> None:
    """Start fits that nothing started: of rows that an upgrade made, or whose job failed."""
    due = InstantModel.objects.exclude(wanted=F("seen")).filter(dataset__deleted_at=None)
    for dataset_id in due.values_list("dataset", flat=True)[:_AT_ONCE]:
        _start_missed(dataset_id)


@transaction.atomic
def _start_missed(dataset_id: uuid.UUID) -> None:
    dataset = Dataset.objects.select_related("organization").get(pk=dataset_id).lock()
    earlier = Job.objects.filter(
        organization=dataset.organization_id,
        kind=kinds.FIT_INSTANT.name,
        payload__dataset=str(dataset.pk),
        ended_at__gt=timezone.now() - _PAUSE,
    )
    if not earlier.exists():
        _start(None, dataset)


def _start(user: User | None, dataset: Dataset) -> None:
    """Start the job; one under way sees whatever was changed before its end."""
    start_one_job(
        kind=kinds.FIT_INSTANT,
        user=user,
        dataset=dataset,
        title=f"Instant model of {dataset.name}",
    )
