"""What goes with a model or a version that is deleted, what stays, and what keeps it from going."""

import uuid
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.selectors.sharing import shares_of
from classifier.models import (
    BatchAddition,
    BatchPrediction,
    Decision,
    DriftCheck,
    EvaluationReport,
    Experiment,
    FastMode,
    ModelCopy,
    ModelExport,
    ModelImport,
    ModelVersion,
    Prediction,
    RegisteredModel,
    ReviewSelection,
    RobustnessCheck,
    TrainingRun,
)
from classifier.models.alias import CHAMPION
from common.sentences import listed
from jobs.models import TERMINAL, Job

_OTHERS = "Work of an organization that it is shared with"


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
    goes = [
        _count(versions.count(), "version") + _with_files(versions),
        *_made_of(versions),
        "the history of what was live when",
    ]
    stays = [_count(runs.count(), "training run") + " with their curves", "all datasets and images"]
    bars = [
        *_shared_with(model),
        *([_in_use(model, versions)] if model.archived_at is None else []),
        *_works_on(versions, runs),
        *_coming(model),
        *_served_ensembles(versions),
    ]
    return Dependents(goes, stays, bars)


def dependents_of_version(version: ModelVersion) -> Dependents:
    """Return what depends on one version: nothing may answer by it, or work on it."""
    versions = ModelVersion.objects.filter(pk=version.pk)
    runs = TrainingRun.objects.filter(model_version=version)
    goes = [f"the version{_with_files(versions)}", *_made_of(versions)]
    if version.tags or version.note_text:
        goes.append("its tags and its note")
    stays = [
        "the history of what was live when",
        *(["its training run with its curves"] if version.training_run_id else []),
        "all datasets and images",
    ]
    bars = [
        *_shared_with(version.model),
        *_aliases_of(version),
        *_works_on(versions, runs),
        *_served_ensembles(versions),
    ]
    return Dependents(goes, stays, bars)


def _shared_with(model: RegisteredModel) -> list[str]:
    """Return who would lose it, with the reports that they made of it."""
    slugs = [share.receiver_slug for share in shares_of(model.subject)]
    if not slugs:
        return []
    return [f"{model.name} is shared with, or offered to, {listed(slugs)}: end that first."]


def _with_files(versions: QuerySet[ModelVersion]) -> str:
    size = _bytes_of(versions)
    return f" with {size / 1e6:,.1f} MB of files" if size else ""


def _made_of(versions: QuerySet[ModelVersion]) -> list[str]:
    """Return what was made by the versions: counted of their own organization, said of others."""
    owner = F("model_version__model__organization")
    made: list[QuerySet[Any]] = [
        rows.filter(model_version__in=versions)
        for rows in (
            EvaluationReport.objects.all(),
            Prediction.objects.all(),
            BatchPrediction.objects.filter(deleted_at=None),
        )
    ]
    reports, predictions, batches = (rows.filter(organization=owner) for rows in made)
    others = any(rows.exclude(organization=owner).exists() for rows in made)
    return [
        _count(reports.count(), "evaluation report"),
        _count(predictions.count(), "kept prediction"),
        _count(batches.count(), "batch prediction") + " with all results",
        *(["what organizations that it was shared with made by it"] if others else []),
    ]


def _bytes_of(versions: QuerySet[ModelVersion]) -> int:
    """Return how many bytes the files of versions take."""
    owned: list[dict[str, Any] | None] = [
        *(file for files in versions.values_list("files", flat=True) for file in files.values()),
        *_export_files(versions),
        *(each.file for each in FastMode.objects.filter(model_version__in=versions)),
        *(each.references for each in Decision.objects.filter(model_version__in=versions)),
    ]
    return sum(file["bytes"] for file in owned if file is not None)


def _export_files(versions: QuerySet[ModelVersion]) -> list[dict[str, Any]]:
    """Return the files of exports that are not those that training left."""
    rows = ModelExport.objects.filter(model_version__in=versions, file__isnull=False)
    found = rows.select_related("model_version")
    return [
        each.file for each in found if each.file and each.file_name not in each.model_version.files
    ]


def _in_use(model: RegisteredModel, versions: QuerySet[ModelVersion]) -> str:
    live = versions.filter(alias_set__alias=CHAMPION).first()
    what = (
        f"Version {live.number} of it is live and answers predictions" if live else "It is in use"
    )
    return f"{what}: archive {model.name} first, which takes it out of service."


def _aliases_of(version: ModelVersion) -> list[str]:
    """Return a sentence for each alias that points at a version."""
    names = version.alias_set.order_by("alias").values_list("alias", flat=True)
    live = (
        "It is live and answers predictions: make another version live first, or delete the model."
    )
    if version.model.archived_at is not None:
        live = (
            f"It is live as soon as {version.model.name} is taken back: take it back and make "
            "another version live first, or delete the model."
        )
    return [
        live if alias == CHAMPION else f"The alias “{alias}” points at it: move or remove it first."
        for alias in names
    ]


def _works_on(versions: QuerySet[ModelVersion], runs: QuerySet[TrainingRun]) -> list[str]:
    """Return a sentence for each job that works on versions or reads their files."""
    ids = list(versions.values_list("pk", flat=True))
    return [
        *(
            f"“{title}” has not ended yet: wait for it, or cancel it."
            for title in _told(versions, _open_jobs(versions, runs))
        ),
        *(
            f"“{title}” reads its files and has not ended yet: wait for it, or cancel it."
            for title in [
                *_ensembles_under_way(ids),
                *_students_under_way(ids),
                *_told(versions, _copies_under_way(ids)),
            ]
        ),
    ]


def _coming(model: RegisteredModel) -> list[str]:
    """Return a sentence for each foreign model that is to become a version of this one."""
    imports = ModelImport.objects.filter(model=model).exclude(job__status__in=TERMINAL)
    return [
        f"“{title}” has not ended yet: wait for it, or cancel it."
        for title in imports.values_list("job__title", flat=True)
    ]


def _told(versions: QuerySet[ModelVersion], jobs: QuerySet[Job]) -> list[str]:
    """Return the titles of jobs; those of readers of a shared model have one together."""
    own = set(versions.values_list("model__organization", flat=True))
    return list(
        dict.fromkeys(
            title if organization in own else _OTHERS
            for title, organization in jobs.values_list("title", "organization")
        )
    )


def _open_jobs(versions: QuerySet[ModelVersion], runs: QuerySet[TrainingRun]) -> QuerySet[Job]:
    """Return the jobs that work on versions and have not ended."""
    owners: list[QuerySet[Any]] = [
        runs,
        EvaluationReport.objects.filter(model_version__in=versions),
        RobustnessCheck.objects.filter(report__model_version__in=versions),
        ModelExport.objects.filter(model_version__in=versions),
        FastMode.objects.filter(model_version__in=versions),
        Decision.objects.filter(model_version__in=versions),
        DriftCheck.objects.filter(model_version__in=versions),
        BatchPrediction.objects.filter(model_version__in=versions),
        BatchAddition.objects.filter(batch__model_version__in=versions),
        ReviewSelection.objects.filter(
            Q(batch__model_version__in=versions) | Q(model__in=versions.values("model"))
        ),
    ]
    of_them = reduce(or_, (Q(pk__in=owner.values("job")) for owner in owners))
    return Job.objects.filter(of_them).exclude(status__in=TERMINAL).order_by("created_at")


def _ensembles_under_way(version_ids: list[uuid.UUID]) -> list[str]:
    """Return the titles of the jobs that are making an ensemble of one of the versions."""
    wanted = {str(pk) for pk in version_ids}
    open_ones = Experiment.objects.filter(kind="ensemble").exclude(job__status__in=TERMINAL)
    return [
        title
        for title, members in open_ones.values_list("job__title", "settings__members")
        if wanted & set(members or ())
    ]


def _students_under_way(version_ids: list[uuid.UUID]) -> list[str]:
    """Return the titles of the runs whose students learn from one of the versions."""
    wanted = [str(pk) for pk in version_ids]
    runs = TrainingRun.objects.filter(distilled__teacher__in=wanted)
    return list(runs.exclude(job__status__in=TERMINAL).values_list("job__title", flat=True))


def _copies_under_way(version_ids: list[uuid.UUID]) -> QuerySet[Job]:
    """Return the jobs that are copying one of the versions."""
    copies = ModelCopy.objects.filter(source_version__in=version_ids)
    return Job.objects.filter(pk__in=copies.values("job")).exclude(status__in=TERMINAL)


def _served_ensembles(versions: QuerySet[ModelVersion]) -> list[str]:
    """Return a sentence for each ensemble with an alias that has one of the versions as a member.

    Its file is its own, but what answers must be known as long as it answers.
    """
    wanted = {str(pk) for pk in versions.values_list("pk", flat=True)}
    served = ModelVersion.objects.filter(
        ensemble__isnull=False, alias_set__isnull=False, model__archived_at=None
    ).exclude(pk__in=wanted)
    return [
        f"{each}, which an alias points at, is an ensemble that it is part of: move the alias "
        "first."
        for each in served.select_related("model").distinct()
        if wanted & {member["model_version"] for member in (each.ensemble or {})["members"]}
    ]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
