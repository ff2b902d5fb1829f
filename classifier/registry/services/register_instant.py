"""Make a model version of an instant model: a head that Loupe fitted unasked."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.models import ModelVersion, RegisteredModel
from classifier.registry.services.code_version import code_version
from classifier.registry.services.register import move_files, new_model
from classifier.registry.services.version_numbers import next_number
from datasets.models import Dataset

PRESET = "instant_model"


@dataclass(frozen=True, kw_only=True)
class InstantFiles:
    """What was written: `files` as `ModelVersion.files`, and which libraries did it."""

    folder: Path
    files: dict[str, Any]
    parity: dict[str, Any]
    libraries: dict[str, str]


@transaction.atomic
def register_instant(
    *,
    user: User,
    dataset: Dataset,
    version_id: uuid.UUID,
    class_names: list[str],
    facts: dict[str, Any],
    written: InstantFiles,
) -> ModelVersion:
    """Register the files with where they come from; `facts` are kept as `instant_model`.

    Versions of one dataset's instant model are one line. The caller holds the dataset's lock.
    """
    model = _line_of(dataset) or new_model(
        dataset.organization, f"{dataset.name} instant model", user
    )
    version = ModelVersion.objects.create(
        id=version_id,
        model=model,
        number=next_number(model),
        class_names=class_names,
        preset=PRESET,
        config={name: facts[name] for name in ("method", "image_size", "fit")},
        libraries=written.libraries,
        code_version=code_version(),
        files=written.files,
        parity=written.parity,
        instant_model=facts,
        created_by=user,
    )
    audit.record(
        actor=user,
        action="model_version.register",
        target=version,
        instant_model_of=str(dataset.pk),
        files=written.files,
    )
    move_files(written.folder, version, list(written.files))
    return version


def _line_of(dataset: Dataset) -> RegisteredModel | None:
    """Return the model that earlier versions of the dataset's instant model are in."""
    earlier = ModelVersion.objects.filter(
        instant_model__dataset=str(dataset.pk),
        model__organization=dataset.organization,
        model__archived_at=None,
    )
    newest = earlier.select_related("model").order_by("-created_at").first()
    return newest.model if newest is not None else None
