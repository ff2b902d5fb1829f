"""From new images to a trained model without a question, unless there is one.

A drop of files makes a dataset; when its images are in and compared, a version is frozen and a
run started with the suggested settings. It goes on without the browser: the end of the import and
of the quality check move it, and a chore finds what a dead worker left.
"""

import uuid

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.models import FirstRun, FirstRunStatus, TrainingRun
from classifier.training.selectors.first_runs import images_are_coming
from classifier.training.selectors.presets import recommended_preset
from classifier.training.services.start_training import start_training
from common.errors import Conflict, DomainError
from datasets import kinds
from datasets.models import Dataset, DatasetVersion
from datasets.policies import require_editable
from datasets.selectors.copies import groups_across_folders
from datasets.selectors.likely_strategy import likely_strategy
from datasets.services.quality.check_quality import hurry_quality_check, start_quality_check
from datasets.services.versions.freeze import freeze
from jobs.models import Job, Status


@transaction.atomic
def plan_first_run(*, user: User, dataset: Dataset) -> FirstRun:
    """Have the dataset frozen and trained on as soon as its images are there.

    Raises `Conflict` for a dataset that has a version or a plan, `NotFound`, `Forbidden` and
    `InTrash`.
    """
    require_editable(user=user, dataset=dataset)
    dataset.lock()
    if DatasetVersion.objects.filter(dataset=dataset).exists():
        raise Conflict(f"{dataset.name} has a version: start a run on it under Training.")
    if FirstRun.objects.filter(dataset=dataset).exists():
        raise Conflict(f"The first run of {dataset.name} is planned already.")
    planned = FirstRun.objects.create(dataset=dataset, created_by=user)
    _record(user, "first_run.plan", planned)
    return planned


def images_are_in(*, user: User, planned: FirstRun) -> None:
    """Take note that every image was uploaded; what remains is their comparison."""
    require_editable(user=user, dataset=planned.dataset)
    FirstRun.objects.filter(pk=planned.pk).update(ready=True)
    start_quality_check(user=user, dataset=planned.dataset, asked=True)


def stop_first_run(*, user: User, planned: FirstRun) -> None:
    """Stop what happens by itself; a run that was started goes on."""
    require_editable(user=user, dataset=planned.dataset)
    undone = (FirstRunStatus.WAITING, FirstRunStatus.ASKING)
    stopped = FirstRun.objects.filter(pk=planned.pk, status__in=undone)
    if stopped.update(status=FirstRunStatus.STOPPED):
        _record(user, "first_run.stop", planned)


def go_on(*, user: User, planned: FirstRun) -> None:
    """Go on in spite of the question, or once more after a stop or what stood in the way."""
    require_editable(user=user, dataset=planned.dataset)
    waits = FirstRun.objects.filter(pk=planned.pk).exclude(status=FirstRunStatus.STARTED)
    waits.update(status=FirstRunStatus.WAITING, accepted=True, question="", created_by=user)
    advance(planned.dataset_id)


def on_job_ended(job: Job) -> None:
    """Hear of the end of an import or a quality check."""
    if job.kind == kinds.IMPORT_ARCHIVE.name and job.status == Status.SUCCEEDED:
        FirstRun.objects.filter(dataset=job.payload["dataset"]).update(ready=True)
    if job.kind in (kinds.IMPORT_ARCHIVE.name, kinds.CHECK_QUALITY.name):
        advance(uuid.UUID(job.payload["dataset"]))


def advance_missed() -> None:
    """A chore: go on where the end of the last job was not heard."""
    waiting = FirstRun.objects.filter(status=FirstRunStatus.WAITING, ready=True)
    for dataset_id in waiting.values_list("dataset_id", flat=True):
        advance(dataset_id)


@transaction.atomic
def advance(dataset_id: uuid.UUID) -> None:
    """Freeze and train once everything is there, or ask where that is not plainly right."""
    planned = (
        FirstRun.objects.select_for_update(of=("self",))
        .select_related("dataset__organization", "created_by")
        .filter(dataset=dataset_id, status=FirstRunStatus.WAITING, ready=True)
        .first()
    )
    if planned is None:
        return
    if images_are_coming(planned.dataset):
        hurry_quality_check(dataset=planned.dataset)
        return
    question = "" if planned.accepted else _question(planned.dataset)
    if not question:
        try:
            with transaction.atomic():
                planned.run = _started(planned)
            planned.status = FirstRunStatus.STARTED
        except DomainError as error:
            question = f"{error.detail} {error.hint}".strip()
    if question:
        planned.status, planned.question = FirstRunStatus.ASKING, question[:600]
    planned.save()


def _started(planned: FirstRun) -> TrainingRun:
    user, dataset = planned.created_by, planned.dataset
    strategy, _ = likely_strategy(dataset)
    version = freeze(
        user=user, dataset=dataset, strategy=strategy, note="Frozen by Loupe after the import"
    )
    return start_training(
        user=user, dataset_version=version, preset=recommended_preset(version).preset
    )


def _question(dataset: Dataset) -> str:
    """Return why a person should look first, empty where nothing speaks against going on."""
    across = groups_across_folders(dataset)
    if not across:
        return ""
    pictures = "1 picture stands" if across == 1 else f"{across:,} pictures stand"
    return (
        f"{pictures} in more than one of the folders train, validation and test, so a model would "
        "be tested on what it has learned from. If you go on, Loupe divides them again and keeps "
        "copies together."
    )


def _record(user: User, action: str, planned: FirstRun) -> None:
    audit.record(actor=user, action=action, target=planned)
