"""What goes with a model when it is deleted, what stays, and what keeps it from going."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from classifier.models import (
    Decision,
    EvaluationReport,
    Experiment,
    FastMode,
    ModelExport,
    ModelVersion,
    Prediction,
    RegisteredModel,
    RobustnessCheck,
    TrainingRun,
)
from classifier.models.alias import CHAMPION
from jobs.models import TERMINAL


@dataclass(frozen=True)
class Dependents:
    """Three lists for people: nouns that it `goes` with or that `stays`, sentences that `bars` it.

    Where `bars` is empty it may go.
    """

    goes: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)
    bars: list[str] = field(default_factory=list)


def dependents_of_model(model: RegisteredModel) -> Dependents:
    """Return what depends on a model.

    A model that is not archived answers predictions, and running jobs would lose what they work on:
    both bar a deletion.
    """
    versions = ModelVersion.objects.filter(model=model)
    runs = TrainingRun.objects.filter(Q(model=model) | Q(model_version__model=model)).distinct()
    reports = EvaluationReport.objects.filter(model_version__model=model)
    predictions = Prediction.objects.filter(model_version__model=model)
    size = _bytes_of(model, versions)
    goes = [
        _count(versions.count(), "version")
        + (f" with {size / 1e6:,.1f} MB of files" if size else ""),
        _count(reports.count(), "evaluation report"),
        _count(predictions.count(), "kept prediction"),
        "the history of what was live when",
    ]
    stays = [_count(runs.count(), "training run") + " with their curves", "all datasets and images"]
    bars = [
        *([_in_use(model, versions)] if model.archived_at is None else []),
        *(
            f"“{title}” has not ended yet: wait for it, or cancel it."
            for title in _open_jobs(model, runs, reports)
        ),
        *(
            f"“{title}” reads its files and has not ended yet: wait for it, or cancel it."
            for title in _ensembles_under_way(list(versions.values_list("pk", flat=True)))
        ),
    ]
    return Dependents(goes, stays, bars)


def _bytes_of(model: RegisteredModel, versions: QuerySet[ModelVersion]) -> int:
    """Return how many bytes the files of a model's versions take."""
    owned: list[dict[str, Any] | None] = [
        *(file for files in versions.values_list("files", flat=True) for file in files.values()),
        *(each.file for each in ModelExport.objects.filter(model_version__model=model)),
        *(each.file for each in FastMode.objects.filter(model_version__model=model)),
        *(each.references for each in Decision.objects.filter(model_version__model=model)),
    ]
    return sum(file["bytes"] for file in owned if file is not None)


def _in_use(model: RegisteredModel, versions: QuerySet[ModelVersion]) -> str:
    live = versions.filter(alias_set__alias=CHAMPION).first()
    what = (
        f"Version {live.number} of it is live and answers predictions" if live else "It is in use"
    )
    return f"{what}: archive {model.name} first, which takes it out of service."


def _open_jobs(
    model: RegisteredModel, runs: QuerySet[TrainingRun], reports: QuerySet[EvaluationReport]
) -> list[str]:
    """Return the titles of the jobs that work on a model and have not ended."""
    owners: list[QuerySet[Any]] = [
        runs,
        reports,
        RobustnessCheck.objects.filter(report__model_version__model=model),
        ModelExport.objects.filter(model_version__model=model),
        FastMode.objects.filter(model_version__model=model),
        Decision.objects.filter(model_version__model=model),
    ]
    return [
        title
        for owner in owners
        for title in owner.exclude(job__status__in=TERMINAL).values_list("job__title", flat=True)
    ]


def _ensembles_under_way(version_ids: list[uuid.UUID]) -> list[str]:
    """Return the titles of the jobs that are making an ensemble of one of the versions."""
    wanted = {str(pk) for pk in version_ids}
    open_ones = Experiment.objects.filter(kind="ensemble").exclude(job__status__in=TERMINAL)
    return [
        title
        for title, members in open_ones.values_list("job__title", "settings__members")
        if wanted & set(members or ())
    ]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
