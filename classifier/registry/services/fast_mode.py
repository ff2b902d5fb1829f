"""Have a faster file of a version made, and let it answer."""

from pathlib import Path

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.engine.measure.fast_mode import FastCheck
from classifier.engine.outcome import FileFacts
from classifier.models import FastMode, ModelVersion
from classifier.models.fast_mode import FAST_FILE
from classifier.registry import kinds
from classifier.registry.policies import require_editable_model
from classifier.registry.selectors.fast_mode import NO_IMAGES, obstacle_to_fast_mode
from classifier.registry.services.version_job import queue_for_version
from common.errors import Conflict
from storage import durable
from storage.names import model_file_name


@transaction.atomic
def start_fast_mode(*, user: User, version: ModelVersion) -> FastMode:
    """Queue the making and checking of the version's int8 file, or return what is under way.

    One that is offered is returned as it is; one that failed or was refused is made again. Raises
    `NotFound`, `Forbidden` below editor, `Conflict` where there is nothing to check it on
    (`no_test_images`) and for a classic method (`does_not_apply`), `QuotaExceeded`.
    """
    require_editable_model(user=user, model=version.model)
    obstacle = obstacle_to_fast_mode(version)
    if obstacle or version.dataset_version is None:
        obstacle = obstacle or NO_IMAGES
        raise Conflict(obstacle.detail, code=obstacle.code)
    organization = version.model.organization or version.dataset_version.dataset.organization
    version.model.lock()
    row = FastMode.objects.select_related("job").filter(model_version=version).first()
    if row is not None and (row.offered or not row.job.is_terminal):
        return row
    job = queue_for_version(
        kind=kinds.FAST_MODE, user=user, organization=organization, version=version
    )
    if row is None:
        row = FastMode.objects.create(model_version=version, job=job, created_by=user)
    else:
        row.job, row.measured = job, None
        row.save(update_fields=["job", "measured"])
    audit.record(actor=user, action="model_version.fast_mode.check", target=version)
    return row


@transaction.atomic
def switch_fast_mode(*, user: User, version: ModelVersion, enabled: bool) -> FastMode:
    """Let the fast file answer from the next prediction on, or no longer.

    Raises `NotFound`, `Forbidden` below editor, `Conflict` where there is no file that may answer:
    `fast_mode_refused` with the figures, `not_made_yet`.
    """
    require_editable_model(user=user, model=version.model)
    version.model.lock()
    row = FastMode.objects.select_related("job").filter(model_version=version).first()
    if row is None or (enabled and not row.offered):
        raise why_not_offered(version, row)
    if row.enabled == enabled:
        return row
    row.enabled = enabled
    row.save(update_fields=["enabled"])
    audit.record(
        actor=user,
        action="model_version.fast_mode",
        target=version,
        enabled=enabled,
        precision=row.precision,
        sha256=row.file["sha256"] if row.file else "",
    )
    return row


def why_not_offered(version: ModelVersion, row: FastMode | None) -> Conflict:
    """Return what refuses the use of an int8 file that is not offered."""
    if row is not None and row.refusal:
        return Conflict(
            f"Fast mode of {version} is not offered. {row.refusal}", code="fast_mode_refused"
        )
    return Conflict(
        f"The int8 file of {version} is made and checked on request, and is not there yet.",
        code="not_made_yet",
        hint=f"POST /api/v1/model-versions/{version.pk}/fast-mode/ starts that.",
    )


def store_fast_mode(*, row: FastMode, check: FastCheck, path: Path, facts: FileFacts) -> None:
    """Record the check, in the transaction that ends the job; the file is kept if it passed."""
    row.measured = check.to_json()
    fields = ["measured"]
    if not check.refusal:
        row.file = dict(facts)
        fields.append("file")
    row.save(update_fields=fields)
    if row.offered:
        name = model_file_name(row.model_version_id, FAST_FILE)
        durable.take_over(path, name, facts["sha256"])
    else:
        path.unlink()
