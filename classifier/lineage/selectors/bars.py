"""What keeps an image from being forgotten now: work on a version that holds it."""

import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from classifier.models import (
    Decision,
    EvaluationReport,
    Experiment,
    FastMode,
    ModelCopy,
    ModelExport,
    ModelImport,
    ModelVersion,
    RateSearch,
    RobustnessCheck,
    TrainingRun,
)
from datasets.models import DatasetCopy, DatasetVersion
from jobs.models import TERMINAL

OTHERS = "Work of an organization that the dataset is shared with"


def open_work(organization_id: uuid.UUID, version_ids: Collection[uuid.UUID]) -> list[str]:
    """Return the titles of the jobs that read these dataset versions and have not ended.

    Those of other organizations, which read what is shared with them, have one title together.
    """
    own = {"dataset_version__in": list(version_ids)}
    learned = {"model_version__dataset_version__in": list(version_ids)}
    owners: list[QuerySet[Any]] = [
        TrainingRun.objects.filter(**own),
        EvaluationReport.objects.filter(**own),
        Experiment.objects.filter(**own),
        RateSearch.objects.filter(**own),
        RobustnessCheck.objects.filter(report__dataset_version__in=list(version_ids)),
        Decision.objects.filter(**learned),
        FastMode.objects.filter(**learned),
        ModelExport.objects.filter(**learned),
        ModelCopy.objects.filter(source_version__in=_learned(version_ids)),
        DatasetCopy.objects.filter(source_dataset__in=_datasets(version_ids)),
        ModelImport.objects.filter(dataset__in=_datasets(version_ids)),
    ]
    columns = ("job__title", "job__organization")
    titles = (
        title if owned_by == organization_id else OTHERS
        for owner in owners
        for title, owned_by in owner.exclude(job__status__in=TERMINAL).values_list(*columns)
    )
    return list(dict.fromkeys(titles))


def _learned(version_ids: Collection[uuid.UUID]) -> QuerySet[Any]:
    return ModelVersion.objects.filter(dataset_version__in=list(version_ids)).values("pk")


def _datasets(version_ids: Collection[uuid.UUID]) -> QuerySet[Any]:
    return DatasetVersion.objects.filter(pk__in=list(version_ids)).values("dataset")


def bars_to(organization_id: uuid.UUID, version_ids: Collection[uuid.UUID]) -> list[str]:
    """Return in sentences what has to end before an image of these versions is forgotten."""
    return [
        f"“{title}” works on a version that holds it and has not ended: wait for it, or cancel it."
        for title in open_work(organization_id, version_ids)
    ]
