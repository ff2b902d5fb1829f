"""Make a model version of several: an ensemble."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.services import audit
from classifier.models import Experiment, ModelVersion, RegisteredModel
from classifier.registry.services.code_version import code_version
from classifier.registry.services.register import move_files, new_model
from classifier.registry.services.version_numbers import next_number

PRESET = "ensemble"
_NAMESPACE = uuid.UUID("0c3b9d1e-6b0e-4a67-8d2c-4f6d2f3c9a51")


@dataclass(frozen=True, kw_only=True)
class EnsembleFiles:
    """What was written: `files` as `ModelVersion.files`, and which libraries did it."""

    folder: Path
    class_names: list[str]
    files: dict[str, Any]
    parity: dict[str, Any]
    libraries: dict[str, str]


def version_id_of_experiment(experiment: Experiment) -> uuid.UUID:
    """Return the id that the experiment's version has: always the same, so there is only one."""
    return uuid.uuid5(_NAMESPACE, str(experiment.pk))


@transaction.atomic
def register_ensemble(
    *,
    experiment: Experiment,
    config: dict[str, Any],
    facts: dict[str, Any],
    written: EnsembleFiles,
) -> ModelVersion:
    """Register the files with where they come from; `facts` are kept as `ensemble`.

    Ensembles on one dataset are one line of versions. In the transaction that ends the
    experiment's job, so it is registered once.
    """
    name = f"{experiment.dataset_version.dataset.name} ensemble"
    model = _line_of(experiment) or new_model(experiment.organization, name, experiment.created_by)
    version = _created(experiment, model, next_number(model), config, facts, written)
    Experiment.objects.filter(pk=experiment.pk).update(model_version=version)
    audit.record(
        actor=experiment.created_by,
        action="model_version.register",
        target=version,
        experiment=str(experiment.pk),
        files=written.files,
    )
    move_files(written.folder, version, list(written.files))
    return version


def _created(
    experiment: Experiment,
    model: RegisteredModel,
    number: int,
    config: dict[str, Any],
    facts: dict[str, Any],
    written: EnsembleFiles,
) -> ModelVersion:
    dataset_version = experiment.dataset_version
    return ModelVersion.objects.create(
        id=version_id_of_experiment(experiment),
        model=model,
        number=number,
        dataset_version=dataset_version,
        dataset_digest=dataset_version.digest,
        class_names=written.class_names,
        preset=PRESET,
        config=config,
        libraries=written.libraries,
        code_version=code_version(),
        files=written.files,
        parity=written.parity,
        ensemble=facts,
        created_by=experiment.created_by,
    )


def _line_of(experiment: Experiment) -> RegisteredModel | None:
    """Return the model that earlier ensembles on the dataset are in."""
    earlier = ModelVersion.objects.filter(
        ensemble__isnull=False,
        dataset_version__dataset=experiment.dataset_version.dataset_id,
        model__organization=experiment.organization,
        model__archived_at=None,
    )
    newest = earlier.select_related("model").order_by("-created_at").first()
    return newest.model if newest is not None else None
