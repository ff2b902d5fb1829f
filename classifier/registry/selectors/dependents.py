"""What goes with a model when it is deleted, what stays, and what keeps it from going."""

import uuid
from dataclasses import dataclass, field

from django.db.models import Q

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
    reports = EvaluationReport.objects.filter(model_version__model=model)
    checks = RobustnessCheck.objects.filter(report__model_version__model=model)
    runs = TrainingRun.objects.filter(Q(model=model) | Q(model_version__model=model)).distinct()
    exports = ModelExport.objects.filter(model_version__model=model)
    fast_modes = FastMode.objects.filter(model_version__model=model)
    decisions = Decision.objects.filter(model_version__model=model)
    size = sum(
        f["bytes"] for files in versions.values_list("files", flat=True) for f in files.values()
    )
    size += sum(each.file["bytes"] for each in exports if each.file is not None)
    size += sum(each.file["bytes"] for each in fast_modes if each.file is not None)
    kept = decisions.values_list("references", flat=True)
    size += sum(each["bytes"] for each in kept if each is not None)
    goes = [
        _count(versions.count(), "version")
        + (f" with {size / 1e6:,.1f} MB of files" if size else ""),
        _count(reports.count(), "evaluation report"),
        _count(Prediction.objects.filter(model_version__model=model).count(), "kept prediction"),
        "the history of what was live when",
    ]
    bars = []
    if model.archived_at is None:
        live = versions.filter(alias_set__alias=CHAMPION).first()
        what = (
            f"Version {live.number} of it is live and answers predictions"
            if live
            else "It is in use"
        )
        bars.append(f"{what}: archive {model.name} first, which takes it out of service.")
    for job in [
        *runs.exclude(job__status__in=TERMINAL).values_list("job__title", flat=True),
        *reports.exclude(job__status__in=TERMINAL).values_list("job__title", flat=True),
        *checks.exclude(job__status__in=TERMINAL).values_list("job__title", flat=True),
        *exports.exclude(job__status__in=TERMINAL).values_list("job__title", flat=True),
        *fast_modes.exclude(job__status__in=TERMINAL).values_list("job__title", flat=True),
        *decisions.exclude(job__status__in=TERMINAL).values_list("job__title", flat=True),
    ]:
        bars.append(f"“{job}” has not ended yet: wait for it, or cancel it.")
    bars += [
        f"“{title}” reads its files and has not ended yet: wait for it, or cancel it."
        for title in _ensembles_under_way(list(versions.values_list("pk", flat=True)))
    ]
    stays = [_count(runs.count(), "training run") + " with their curves", "all datasets and images"]
    return Dependents(goes, stays, bars)


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
