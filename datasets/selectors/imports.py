"""Reading imports and what became of their files."""

import uuid

from django.db.models import QuerySet

from accounts.models import User
from common.errors import NotFound
from datasets.models import Dataset, Import, ImportItem


def imports_of(dataset: Dataset) -> QuerySet[Import]:
    """Return the imports into a dataset, newest first."""
    return (
        Import.objects.filter(dataset=dataset)
        .select_related("job", "created_by")
        .order_by("-created_at", "-id")
    )


def visible_import(user: User, import_id: uuid.UUID) -> Import:
    """Return an import into a dataset that `user` may see; raises `NotFound`."""
    source = (
        Import.objects.for_user(user)
        .filter(pk=import_id)
        .select_related("job", "dataset__organization", "created_by")
        .first()
    )
    if source is None:
        raise NotFound("There is no such import, or you may not see it.")
    return source


def items_of(source: Import) -> QuerySet[ImportItem]:
    """Return the files of an archive that were not added as new images, in its order."""
    return ImportItem.objects.filter(source=source).order_by("id")
