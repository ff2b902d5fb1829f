"""Make a model version of what a training left behind."""

import uuid
from pathlib import Path

from django.db import transaction

from accounts.models import Organization, User
from accounts.services import audit
from classifier.engine.outcome import TrainingOutcome
from classifier.models import ModelVersion, RegisteredModel, TrainingRun
from classifier.registry.services.code_version import code_version
from classifier.registry.services.version_numbers import next_number
from storage import durable
from storage.names import model_file_name, model_folder

_NAMESPACE = uuid.UUID("6f1d35a2-3c43-4f6e-9d55-6a6a3c1f0e57")
NAME_LENGTH = 120


def version_id_of(run: TrainingRun) -> uuid.UUID:
    """Return the id that the run's version has: always the same, so a run can have only one."""
    return uuid.uuid5(_NAMESPACE, str(run.pk))


@transaction.atomic
def register_version(
    *, run: TrainingRun, outcome: TrainingOutcome, files_dir: Path
) -> ModelVersion:
    """Register the model files in `files_dir` with their lineage; called in the job's last step.

    Moves the files to their place. Whether it
    goes live is for `classifier.registry.services.go_live`, once its report is there. The caller
    holds the lock of the run's job, so this run is registered once.
    """
    model = run.model or new_model(
        run.organization, f"{run.dataset_version.dataset.name} {run.preset}", run.created_by
    )
    version = _create_version(run, outcome, model, number=next_number(model))
    run.model = model
    run.metrics = {**outcome.metrics, "best_epoch": outcome.best_epoch}
    run.save(update_fields=["model", "metrics"])
    audit.record(
        actor=run.created_by,
        action="model_version.register",
        target=version,
        training_run=str(run.pk),
        files=outcome.files,
    )
    move_files(files_dir, version, list(outcome.files))
    return version


def _create_version(
    run: TrainingRun,
    outcome: TrainingOutcome,
    model: RegisteredModel,
    *,
    number: int,
) -> ModelVersion:
    return ModelVersion.objects.create(
        id=version_id_of(run),
        model=model,
        number=number,
        training_run=run,
        dataset_version=run.dataset_version,
        dataset_digest=run.dataset_version.digest,
        class_names=run.dataset_version.class_names,
        preset=run.preset,
        config=run.config,
        libraries=outcome.libraries,
        code_version=code_version(),
        files=outcome.files,
        parity=dict(outcome.parity),
        distilled=run.distilled,
        created_by=run.created_by,
    )


def move_files(source: Path, version: ModelVersion, names: list[str]) -> None:
    """Move the files last: files without a row can only be left by a death right here.

    The next attempt to register the same finds and replaces them, because the id is the same.
    """
    durable.delete_folder(model_folder(version.pk))
    for name in names:
        sha256 = version.files[name]["sha256"]
        durable.take_over(source / name, model_file_name(version.pk, name), sha256)


def new_model(organization: Organization, wanted: str, created_by: User | None) -> RegisteredModel:
    """Return a new line of versions, called as wanted or, where that is taken, with a number."""
    # The lock makes two that end together choose different names.
    organization.lock()
    base = wanted[: NAME_LENGTH - 6]
    taken = set(
        RegisteredModel.objects.filter(
            organization=organization, name__startswith=base
        ).values_list("name", flat=True)
    )
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base} {number}"
    return RegisteredModel.objects.create(
        organization=organization, name=name, created_by=created_by
    )
