"""What waits for a person on Home: each source is one function, in the order in which they show."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, Max, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from classifier.models import (
    DraftStatus,
    RegisteredModel,
    RetrainingDraft,
    ReviewItem,
    TrainingRun,
)
from classifier.models.alias import CHAMPION
from classifier.registry.selectors.models import newest_versions
from classifier.registry.selectors.standing import standings_of
from datasets.models import Dataset, DatasetVersion, Image
from datasets.selectors.imports import unanswered_imports
from datasets.selectors.quality import open_count
from jobs.errors import NEEDS_CONFIRMATION
from jobs.models import Status
from jobs.selectors.jobs import page_of, visible_jobs

RECENT = timedelta(days=7)
ROWS = 4


@dataclass(frozen=True)
class Waiting:
    """One thing that only a person can take further.

    `action` is the verb of the link, `tone` "bad" for what went wrong; with `dismiss_job` the
    failed job can be put out of sight.
    """

    icon: str
    title: str
    text: str
    url: str
    action: str
    tone: str = "accent"
    dismiss_job: uuid.UUID | None = None


def waiting_for(user: User) -> list[Waiting]:
    """Return what waits for `user`, failures first; each source gives a few at most."""
    return [item for source in SOURCES for item in source(user)]


def _failed_jobs(user: User) -> list[Waiting]:
    jobs = (
        visible_jobs(user, Role.EDITOR)
        .filter(
            status=Status.FAILED,
            ended_at__gte=timezone.now() - RECENT,
            retried_by=None,
            dismissed_at=None,
        )
        .exclude(error__code=NEEDS_CONFIRMATION)
    )
    found = []
    for job in jobs.order_by("-created_at")[:ROWS]:
        page = page_of(job)
        error = job.error or {}
        found.append(
            Waiting(
                icon="alert-triangle",
                title=f"{job.title} failed",
                text=error.get("detail") or error.get("title") or "",
                url=page[1] if page else reverse("jobs:detail", args=[job.pk]),
                action="See why",
                tone="bad",
                dismiss_job=job.pk,
            )
        )
    return found


def _unanswered_imports(user: User) -> list[Waiting]:
    sources = unanswered_imports(user).order_by("-created_at")[:ROWS]
    return [
        Waiting(
            icon="help-circle",
            title=f"{source.archive_name} needs your answer",
            text="It can be read in more than one way; "
            f"{source.dataset.name} has nothing of it yet.",
            url=reverse("datasets:import", args=[source.pk]),
            action="Choose",
        )
        for source in sources
    ]


def _open_findings(user: User) -> list[Waiting]:
    """Return the datasets whose last quality check found something, and no version froze since."""
    since = DatasetVersion.objects.filter(
        dataset=OuterRef("pk"), created_at__gt=OuterRef("quality_report__checked_at")
    )
    datasets = (
        Dataset.objects.for_user(user, Role.EDITOR)
        .alive()
        .filter(~Exists(since), quality_report__items__dismissed_at=None)
        .exclude(quality_report__items=None)
        .distinct()
        .order_by("-created_at")[:ROWS]
    )
    counts = [(dataset, open_count(dataset)) for dataset in datasets]
    return [
        Waiting(
            icon="scan-eye",
            title=dataset.name,
            text=f"{count:,} {'finding' if count == 1 else 'findings'} of the quality check to "
            "decide.",
            url=reverse("datasets:quality", args=[dataset.pk]),
            action="Look at them",
        )
        for dataset, count in counts
        if count
    ]


def _unfrozen_datasets(user: User) -> list[Waiting]:
    # Whether there is one: a join would go through every image.
    labelled = Image.objects.alive().filter(dataset=OuterRef("pk"), class_label__isnull=False)
    datasets = (
        Dataset.objects.for_user(user, Role.EDITOR)
        .alive()
        .filter(Exists(labelled), ~Exists(DatasetVersion.objects.filter(dataset=OuterRef("pk"))))
        .order_by("-created_at")[:ROWS]
    )
    return [
        Waiting(
            icon="snowflake",
            title=dataset.name,
            text="Has labelled images and no version yet. Freeze one to train on it.",
            url=reverse("datasets:versions", args=[dataset.pk]),
            action="Freeze a version",
        )
        for dataset in datasets
    ]


def _untrained_versions(user: User) -> list[Waiting]:
    """Return the newest version of each dataset where nothing was trained on it."""
    numbers = DatasetVersion.objects.filter(dataset=OuterRef("dataset")).order_by()
    newest = numbers.values("dataset").annotate(newest=Max("number")).values("newest")
    # Runs of those that it is shared with are none of the owner's.
    trained = Exists(
        TrainingRun.objects.filter(
            dataset_version=OuterRef("pk"), organization=OuterRef("dataset__organization")
        )
    )
    versions = (
        DatasetVersion.objects.for_user(user, Role.EDITOR)
        .filter(~trained, dataset__deleted_at=None, number=Subquery(newest))
        .select_related("dataset")
        .defer("slices")
        .order_by("-created_at")[:ROWS]
    )
    return [
        Waiting(
            icon="player-play",
            title=str(version),
            text=f"{_image_count(version):,} images in {len(version.class_names):,} classes, "
            "not trained on yet.",
            url=f"{reverse('classifier:run_new')}?dataset_version={version.pk}",
            action="Train on it",
        )
        for version in versions
    ]


def _image_count(version: DatasetVersion) -> int:
    return sum(sum(counts.values()) for counts in version.sample_counts.values())


def _held_back(user: User) -> list[Waiting]:
    """Return the newest versions of models of which none is live, that the gate refuses."""
    models = (
        RegisteredModel.objects.for_user(user, Role.EDITOR)
        .filter(archived_at=None)
        .exclude(alias_set__alias=CHAMPION)
        .order_by("-created_at")[:ROWS]
    )
    versions = list(newest_versions(list(models)).values())
    standings = standings_of(versions)
    return [
        Waiting(
            icon="shield-check",
            title=str(version),
            text=f"Not live. {standings[version.pk].why_not_live}",
            url=reverse("classifier:model_version", args=[version.pk]),
            action="See the version",
        )
        for version in sorted(versions, key=lambda each: each.created_at, reverse=True)
        if standings[version.pk].why_not_live
    ]


def _drafted_retrainings(user: User) -> list[Waiting]:
    """Return the drafts of retraining that wait for an admin."""
    drafts = (
        RetrainingDraft.objects.for_user(user, Role.ADMIN)
        .filter(status=DraftStatus.OPEN, model__archived_at=None)
        .select_related("model")
        .order_by("-created_at")[:ROWS]
    )
    return [
        Waiting(
            icon="clipboard",
            title=f"A retraining of {draft.model.name} is drafted",
            text=draft.why,
            url=reverse("classifier:retraining", args=[draft.model_id]),
            action="Decide",
        )
        for draft in drafts
    ]


def _to_review(user: User) -> list[Waiting]:
    """Return the organizations that have something to review."""
    rows = ReviewItem.objects.for_user(user, Role.EDITOR).open().order_by()
    counts = rows.values_list("organization__slug", "organization__name").annotate(
        images=Count("pk")
    )
    return [
        Waiting(
            icon="scan-eye",
            title=f"{count:,} image{'' if count == 1 else 's'} to review",
            text=f"In {name}, the most uncertain first.",
            url=f"{reverse('classifier:review')}?organization={slug}",
            action="Review",
        )
        for slug, name, count in counts.order_by("-images")[:ROWS]
    ]


SOURCES: tuple[Callable[[User], list[Waiting]], ...] = (
    _unanswered_imports,
    _failed_jobs,
    _drafted_retrainings,
    _to_review,
    _held_back,
    _open_findings,
    _unfrozen_datasets,
    _untrained_versions,
)
