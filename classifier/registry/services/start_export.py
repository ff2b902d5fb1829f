"""Have a file of a model version made."""

from django.db import transaction

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.engine.formats.facts import FOREIGN_FILE
from classifier.models import ModelExport, ModelVersion
from classifier.registry import kinds
from classifier.registry.selectors.exports import FILES, makeable
from common.errors import Conflict
from jobs.models import Status
from jobs.services.enqueue import enqueue
from jobs.services.retry import retry


@transaction.atomic
def start_export(*, user: User, version: ModelVersion, format: str) -> ModelExport:
    """Queue the making of the version's file in `format`, or return what was queued or made before.

    One that failed or was cancelled is begun again. Raises `NotFound`, `Forbidden` below editor,
    `Conflict` where training has left that file (`already_there`) and where there can be none
    (`does_not_apply`), `QuotaExceeded`.
    """
    organization = version.model.organization
    require_role(user=user, organization=organization, role=Role.EDITOR)
    if organization is None or format not in makeable(version):
        raise _why_not(version, FILES[format])
    version.model.lock()
    export = (
        ModelExport.objects.select_related("job")
        .filter(model_version=version, format=format)
        .first()
    )
    if export is None:
        return _started(user, organization, version, format)
    if export.job.status in (Status.FAILED, Status.CANCELLED):
        retry(user=user, job=export.job)
        export = ModelExport.objects.select_related("job").get(pk=export.pk)
    return export


def _why_not(version: ModelVersion, name: str) -> Conflict:
    if name in version.files:
        return Conflict(
            f"{name} of {version} was written by its training: download it as it is.",
            code="already_there",
        )
    there = ", ".join(sorted(version.files)) or "none yet"
    why = f"{name} cannot be made of {version} ({version.preset}), which is no network of Keras"
    if FOREIGN_FILE in version.files:
        why = f"{name} is not made of {version}, which came as {FOREIGN_FILE}: download that"
    return Conflict(f"{why}; its files are {there}.", code="does_not_apply")


def _started(
    user: User, organization: Organization, version: ModelVersion, format: str
) -> ModelExport:
    job = enqueue(
        kind=kinds.EXPORT,
        organization=organization,
        created_by=user,
        title=f"{FILES[format]} of {version}"[:200],
        payload={"model_version": str(version.pk), "format": format},
    )
    export = ModelExport.objects.create(
        model_version=version, format=format, job=job, created_by=user
    )
    audit.record(actor=user, action="model_version.export", target=version, format=format)
    return export
