"""Delete versions with all that is their own, for services that have checked that they may go."""

import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from classifier.models import (
    Decision,
    DriftCheck,
    EvaluationReport,
    FastMode,
    KeptPrediction,
    ModelExport,
    ModelImport,
    ModelVersion,
    Prediction,
    RobustnessCheck,
)
from jobs.services.forget import forget
from storage import durable
from storage.names import model_folder

_before_versions_go: list[Callable[[Sequence[uuid.UUID]], None]] = []


def before_versions_go(listener: Callable[[Sequence[uuid.UUID]], None]) -> None:
    """Have a room above delete what it has of versions, in the transaction that deletes these."""
    if listener not in _before_versions_go:
        _before_versions_go.append(listener)


def let_go(setting: str, row_id: uuid.UUID) -> None:
    """Have the triggers let rows of this model or version go, in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [f"loupe.{setting}", str(row_id)])


def delete_versions(ids: Sequence[uuid.UUID]) -> None:
    """Delete versions, their reports, predictions, exports and ended jobs, and at last their files.

    In the caller's transaction, which `let_go` of them. The files go when it has ended well: never
    is there a row without its file.
    """
    for listener in _before_versions_go:
        listener(ids)
    reports = EvaluationReport.objects.filter(model_version__in=ids)
    lineages = set(reports.filter(job__kind="evaluate").values_list("job__lineage", flat=True))
    made: list[QuerySet[Any]] = [
        RobustnessCheck.objects.filter(report__in=reports),
        ModelExport.objects.filter(model_version__in=ids),
        FastMode.objects.filter(model_version__in=ids),
        Decision.objects.filter(model_version__in=ids),
        DriftCheck.objects.filter(model_version__in=ids),
        # A foreign model's import has its version's id.
        ModelImport.objects.filter(pk__in=ids),
    ]
    for rows in made:
        lineages |= set(rows.values_list("job__lineage", flat=True))
        rows.delete()
    kept = KeptPrediction.objects.filter(model_version__in=ids)
    images = [name for each in kept.only("prediction", "images") for name in each.file_names]
    Prediction.objects.filter(model_version__in=ids).delete()
    reports.delete()
    ModelVersion.objects.filter(pk__in=ids).delete()
    forget(lineages=lineages)
    transaction.on_commit(partial(durable.delete_files, images), robust=True)
    for version_id in ids:
        folder = model_folder(version_id)
        transaction.on_commit(partial(durable.delete_folder, folder), robust=True)
