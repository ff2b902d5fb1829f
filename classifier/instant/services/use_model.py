"""Make a model of the registry of what the instant model has shown to work."""

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.engine.presets.registry import PRESETS, begin_with
from classifier.engine.presets.transfer import TransferPreset
from classifier.models import TrainingRun
from classifier.training.services.start_training import start_training
from common.errors import Conflict
from datasets.models import Dataset, InstantModel
from datasets.policies import require_editable
from datasets.services.versions.freeze import freeze

NOTE = "Frozen to make a model of the instant model."


@transaction.atomic
def use_model(*, user: User, dataset: Dataset) -> TrainingRun:
    """Freeze the labels as they stand and start a run with the instant model's backbone.

    The run fits its head on the train split alone, so that the test split judges it, and registers
    a version like any other. Raises `Conflict` before there is an instant model, and as `freeze`
    and `start_training` do.
    """
    require_editable(user=user, dataset=dataset)
    row = InstantModel.objects.without_arrays().filter(dataset=dataset).first()
    if row is None or not row.class_ids:
        raise Conflict(
            f"{dataset.name} has no instant model yet.",
            code="no_instant_model",
            hint="GET datasets/{id}/instant-model/ says what it needs.",
        )
    version = freeze(user=user, dataset=dataset, note=NOTE)
    preset = _preset_of(dataset.space.backbone if dataset.space else "")
    run = start_training(user=user, dataset_version=version, preset=preset)
    audit.record(actor=user, action="instant_model.use", target=dataset, training_run=str(run.pk))
    return run


def _preset_of(backbone: str) -> str:
    """Return the preset that puts a head on this backbone."""
    for preset in PRESETS.values():
        if isinstance(preset, TransferPreset) and preset.backbone.title == backbone:
            return preset.name
    return begin_with("photographs").name
