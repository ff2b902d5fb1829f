"""The model versions that students may learn from, and the one that a run learns from."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Organization, User
from accounts.selectors.sharing import acting_organization
from classifier.models import ModelVersion, TrainingRun
from common.errors import Forbidden, NotFound
from common.ids import id_in
from datasets.models import DatasetVersion

# How many of the newest versions the form offers; the API takes any.
MOST_OFFERED = 200


def versions_that_teach(organization: Organization) -> QuerySet[ModelVersion]:
    """Return the versions of an organization's own models."""
    rows = ModelVersion.objects.filter(model__organization=organization)
    return rows.select_related("model").order_by("-created_at")


def teachers_for(user: User, version: DatasetVersion) -> list[ModelVersion]:
    """Return the newest versions that know a dataset version's classes and no others.

    They are of the organization whose a run of `user` on that version would be.
    """
    try:
        with transaction.atomic():
            organization = acting_organization(user, [version.dataset.subject])
    except (Forbidden, NotFound):
        return []
    rows = versions_that_teach(organization).filter(
        model__archived_at=None,
        class_names__contains=version.class_names,
        class_names__contained_by=version.class_names,
    )
    return list(rows[:MOST_OFFERED])


def version_of_teacher(run: TrainingRun) -> ModelVersion | None:
    """Return the version that a run's student learns from; None of a run without one."""
    wanted = run.config.get("teacher")
    if not wanted:
        return None
    return versions_that_teach(run.organization).filter(pk=id_in(wanted)).first()


def distilled_from(teacher: ModelVersion) -> dict[str, Any]:
    """Return what a student's run, and the version that comes of it, keep of the teacher.

    It may be deleted later, even while the run waits: what it learned from must be known then, too.
    """
    return {
        "teacher": str(teacher.pk),
        "name": str(teacher),
        "sha256": (teacher.served_file or {}).get("sha256", ""),
        "learned_from": teacher.learned_from,
        "known_sources": teacher.known_sources,
        "instant_models": teacher.instant_models,
        "others_unknown": teacher.others_unknown,
    }
