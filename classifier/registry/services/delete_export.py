"""Delete a file that was made of a model version."""

from functools import partial

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.models import ModelExport
from classifier.registry.policies import require_editable_model
from common.errors import Conflict, NotFound
from jobs.services.forget import forget
from storage import durable
from storage.names import model_file_name


@transaction.atomic
def delete_export(*, user: User, export: ModelExport) -> None:
    """Delete an export with its job and its file; one that training has left stays.

    Raises `NotFound`, `Forbidden` below editor, `Conflict` (`under_way`) while it is made.
    """
    version = export.model_version
    require_editable_model(user=user, model=version.model)
    version.model.lock()
    found = _ended(export)
    name, lineage = found.file_name, found.job.lineage
    found.delete()
    forget(lineages=[lineage])
    if name and name not in version.files:
        file = model_file_name(version.pk, name)
        transaction.on_commit(partial(durable.delete, file), robust=True)
    audit.record(
        actor=user,
        action="model_version.export.delete",
        target=version,
        format=found.format,
        file=name,
    )


def _ended(export: ModelExport) -> ModelExport:
    """Return the export as it stands, with its job held: the page of jobs can run it again."""
    found = ModelExport.objects.select_related("job").filter(pk=export.pk).first()
    if found is None:
        raise NotFound("This export is deleted.")
    job = found.job.lock()
    found.refresh_from_db(fields=["job"])
    if found.job_id != job.pk or not job.is_terminal:
        raise Conflict(
            f"{found.kind_of_file.title} of {export.model_version} is being made.",
            code="under_way",
            hint="Cancel its job first.",
        )
    return found
