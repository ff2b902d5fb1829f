"""Make a model version of a dataset's instant model, as it is fitted now."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction

from accounts.models import User
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.formats.facts import ModelFacts
from classifier.evaluation.errors import CannotEvaluate
from classifier.evaluation.services.start_evaluation import check_fit, queue_evaluation
from classifier.models import ModelVersion
from classifier.registry.services.register_instant import PRESET, InstantFiles, register_instant
from common.errors import Conflict
from common.fit import stored_fit
from datasets.models import ClassLabel, Dataset, DatasetVersion, InstantModel, Split, VectorSpace
from datasets.policies import require_editable
from programs.launch import FOR_WEIGHTS, Program
from storage import scratch

_NAMESPACE = uuid.UUID("0c4b4f0e-7e0b-4f3c-8f5e-6c4f3d0b7f21")
_SECONDS = 120
# Of the dataset's newest versions, so many are looked at for one with test images.
_VERSIONS = 20
WRITER = Program(
    module="classifier.engine.fit.instant_head", inherits=FOR_WEIGHTS, sees_processes=True
)


def use_model(*, user: User, dataset: Dataset) -> tuple[ModelVersion, bool]:
    """Write the served file of backbone and head and register it; return whether it is new.

    The same fit is the same version, however often it is registered. Where a version of the dataset
    keeps test images, an evaluation on the newest such is started; the version goes live through
    the gate like any other. Raises `Conflict` (`no_instant_model`, `instant_model_learning`,
    `weights_unavailable`), `NotFound`, `Forbidden`, `InTrash`.
    """
    require_editable(user=user, dataset=dataset)
    fit = _fit_of(dataset)
    found = ModelVersion.objects.filter(pk=fit.version_id).first()
    if found is not None:
        return found, False
    with scratch.request_dir() as folder:
        return _registered(user, dataset, fit, _written(fit, folder))


@dataclass(frozen=True)
class _Fit:
    """A fit that has noticed every change, and whose accuracy is known."""

    row: InstantModel
    space: VectorSpace
    class_names: list[str]

    @property
    def version_id(self) -> uuid.UUID:
        """Always the same for the same weights, vectors and names of classes."""
        digest = hashlib.sha256(bytes(self.row.head))
        said = [str(self.row.dataset_id), self.row.temperature, self.space.name, self.class_names]
        digest.update(json.dumps(said).encode())
        return uuid.uuid5(_NAMESPACE, digest.hexdigest())

    @property
    def facts(self) -> dict[str, Any]:
        """What the version keeps of it."""
        row = self.row
        return {
            "dataset": str(row.dataset_id),
            "dataset_name": row.dataset.name,
            "method": row.method,
            "labelled": row.labelled,
            "learned_from": row.learned_from,
            "held_out": row.held_out,
            "accuracy": row.accuracy,
            "interval": [row.accuracy_low, row.accuracy_high],
            "embedding": row.embedding,
            "image_size": self.space.size,
            "fit": self.space.fit,
        }


def _fit_of(dataset: Dataset) -> _Fit:
    row = InstantModel.objects.select_related("dataset").filter(dataset=dataset).first()
    if row is None or not row.class_ids:
        raise Conflict(
            f"{dataset.name} has no instant model yet.",
            code="no_instant_model",
            hint="GET datasets/{id}/instant-model/ says what it needs.",
        )
    labels = dict(ClassLabel.objects.filter(pk__in=row.class_ids).values_list("pk", "name"))
    names = [labels[class_id] for class_id in row.class_ids if class_id in labels]
    space = VectorSpace.objects.filter(name=row.embedding).first()
    current = row.seen == row.wanted and len(names) == len(row.class_ids)
    # A test set frozen since might hold what it has learned from.
    if not current or row.accuracy is None or space is None:
        raise Conflict(
            f"The instant model of {dataset.name} learns from the latest changes, or its accuracy "
            "is being measured.",
            code="instant_model_learning",
            hint="Ask again in a few seconds, when its status is “ready” and it has an accuracy.",
        )
    return _Fit(row, space, names)


def _written(fit: _Fit, folder: Path) -> InstantFiles:
    row, space = fit.row, fit.space
    weights = np.frombuffer(bytes(row.head), "<f4").reshape(-1, space.width + 1) / row.temperature
    head = folder / "head.npz"
    np.savez(head, kernel=np.ascontiguousarray(weights[:, :-1].T, "<f4"), bias=weights[:, -1])
    facts = ModelFacts(
        class_names=tuple(fit.class_names),
        image_size=space.size,
        fit=stored_fit({"fit": space.fit}),
        preset=PRESET,
    )
    task = {
        "backbone": _backbone_of(space),
        "weights_sha256": space.backbone_sha256,
        "weights_dir": str(settings.WEIGHTS_DIR or ""),
        "backbones_dir": str(scratch.backbones_dir()),
        "head": str(head),
        "facts": facts.to_json(),
        "folder": str(folder),
    }
    finished = WRITER.run(json.dumps(task), timeout=_SECONDS)
    answer = json.loads((finished.stdout.splitlines() or ["{}"])[-1])
    if "error" in answer:
        error = answer["error"]
        raise Conflict(error["detail"], code=error["code"], hint=error["hint"])
    finished.check_returncode()
    return InstantFiles(folder=folder, **answer)


def _backbone_of(space: VectorSpace) -> str:
    for backbone in BACKBONES.values():
        if backbone.title == space.backbone:
            return backbone.name
    raise Conflict(
        f"This version of Loupe does not know the network {space.backbone}.",
        code="weights_unavailable",
        hint="Compute the vectors again on the Map page.",
    )


@transaction.atomic
def _registered(
    user: User, dataset: Dataset, fit: _Fit, written: InstantFiles
) -> tuple[ModelVersion, bool]:
    # Who freezes or labels holds this lock: what is registered has noticed it, or is refused.
    dataset.lock()
    found = ModelVersion.objects.filter(pk=fit.version_id).first()
    if found is not None:
        return found, False
    if _fit_of(dataset).version_id != fit.version_id:
        raise Conflict(
            f"The instant model of {dataset.name} was fitted again meanwhile.",
            code="instant_model_learning",
            hint="Ask again in a few seconds.",
        )
    version = register_instant(
        user=user,
        dataset=dataset,
        version_id=fit.version_id,
        class_names=fit.class_names,
        facts=fit.facts,
        written=written,
    )
    _evaluate(user, dataset, version)
    return version, True


def _evaluate(user: User, dataset: Dataset, version: ModelVersion) -> None:
    """Measure it on the newest kept test images whose classes it knows, where there are such."""
    newest = DatasetVersion.objects.filter(dataset=dataset).order_by("-number")
    for tested in newest.select_related("dataset__organization")[:_VERSIONS]:
        try:
            check_fit(version, tested, Split.TEST)
        except CannotEvaluate:
            continue
        queue_evaluation(
            organization=dataset.organization,
            model_version=version,
            dataset_version=tested,
            split=Split.TEST,
            created_by=user,
            follows=True,
        )
        return
