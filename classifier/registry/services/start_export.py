"""Have a file of a model version made in a format, and measured."""

from django.db import transaction

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.engine.formats.exports import FORMATS, ExportFormat
from classifier.models import ModelExport, ModelVersion
from classifier.registry import kinds
from classifier.registry.selectors.exports import makeable, why_not_exported
from common.errors import Unprocessable
from jobs.models import Status
from jobs.services.enqueue import enqueue
from jobs.services.retry import go_on


@transaction.atomic
def start_export(
    *, user: User, version: ModelVersion, format: str, again: bool = False
) -> ModelExport:
    """Queue the making of the version's file in `format`, or return what was queued or made before.

    One that failed or was cancelled is begun again, and with `again` one that is there: its file
    stays until the new one takes its place. Raises `NotFound`, `Forbidden` below editor,
    `Unprocessable` where the version cannot be exported so (`does_not_apply`), `Conflict` for a job
    too many of the person's, `QuotaExceeded`.
    """
    organization = version.model.organization
    require_role(user=user, organization=organization, role=Role.EDITOR)
    why_not = why_not_exported(version, FORMATS[format])
    if organization is None or why_not:
        raise _refusal(version, why_not)
    version.model.lock()
    export = (
        ModelExport.objects.select_related("job", "model_version")
        .filter(model_version=version, format=format)
        .first()
    )
    if export is None:
        return _started(user, organization, version, FORMATS[format])
    if export.under_way or (export.job.status == Status.SUCCEEDED and not again):
        return export
    return _begun_again(user, export)


def _begun_again(user: User, export: ModelExport) -> ModelExport:
    # Its job can be run again from the page of jobs, too.
    job = export.job.lock()
    export.refresh_from_db(fields=["job"])
    if export.job_id == job.pk:
        go_on(user=user, job=job)
        version = export.model_version
        audit.record(
            actor=user,
            action="model_version.export",
            target=version,
            format=export.format,
            again=True,
        )
    return ModelExport.objects.select_related("job").get(pk=export.pk)


def _refusal(version: ModelVersion, why_not: str) -> Unprocessable:
    allowed = ", ".join(makeable(version))
    files = ", ".join(sorted(version.files)) or "none yet"
    can_be = f"It can be exported as {allowed}; its" if allowed else "Its"
    return Unprocessable(f"{why_not} {can_be} files are {files}.", code="does_not_apply")


def _started(
    user: User, organization: Organization, version: ModelVersion, format: ExportFormat
) -> ModelExport:
    job = enqueue(
        kind=kinds.EXPORT,
        organization=organization,
        created_by=user,
        title=f"{format.title} file of {version}"[:200],
        payload={"model_version": str(version.pk), "format": format.name},
    )
    export = ModelExport.objects.create(
        model_version=version, format=format.name, job=job, created_by=user
    )
    audit.record(actor=user, action="model_version.export", target=version, format=format.name)
    return export
