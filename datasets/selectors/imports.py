"""Reading imports and what became of their files."""

import hashlib
import uuid
from pathlib import Path

from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import Role
from datasets.models import Dataset, Import, ImportItem
from jobs.errors import NEEDS_CONFIRMATION
from jobs.models import Status
from storage import scratch


def imports_of(dataset: Dataset) -> QuerySet[Import]:
    """Return the imports into a dataset that no one has dismissed, newest first."""
    return (
        Import.objects.filter(dataset=dataset, dismissed_at=None)
        .select_related("job", "created_by")
        .order_by("-created_at", "-id")
    )


def unanswered_imports(user: User) -> QuerySet[Import]:
    """Return the imports that wait for an answer and that `user` may give one to."""
    return (
        Import.objects.for_user(user, Role.EDITOR)
        .filter(
            dismissed_at=None,
            dataset__deleted_at=None,
            job__status=Status.FAILED,
            job__error__code=NEEDS_CONFIRMATION,
            job__tidied_at=None,
        )
        .select_related("dataset", "job")
    )


def visible_import(user: User, import_id: uuid.UUID) -> Import:
    """Return an import into a dataset that `user` may see; raises `NotFound`."""
    imports = Import.objects.for_user(user)
    return imports.select_related("job", "dataset__organization", "created_by").get_visible(
        import_id
    )


def items_of(source: Import) -> QuerySet[ImportItem]:
    """Return the files of an archive that were not added as new images, in its order."""
    return ImportItem.objects.filter(source=source).order_by("id")


def example_path(source: Import, name: str) -> Path:
    """Return where the picture of an example of a reading lies while the import waits."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return scratch.checkpoint_dir(source.job.lineage) / "examples" / digest
