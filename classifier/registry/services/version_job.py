"""A job about a version of a model."""

from accounts.models import Organization, User
from classifier.models import ModelVersion
from jobs.kinds import Kind
from jobs.models import Job
from jobs.services.enqueue import enqueue


def queue_for_version(
    *, kind: Kind, user: User, organization: Organization, version: ModelVersion
) -> Job:
    """Queue a job of the kind on the version. Raises `QuotaExceeded`, `Conflict`."""
    return enqueue(
        kind=kind,
        organization=organization,
        created_by=user,
        title=f"{kind.title} of {version}"[:200],
        payload={"model_version": str(version.pk)},
    )
