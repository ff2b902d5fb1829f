"""Give the groups of a label grid their classes, and keep what they are said not to be."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from common.errors import FieldError, Invalid
from datasets.models import BulkAction, BulkEdit, Dataset
from datasets.policies import require_editable
from datasets.services import listeners
from datasets.services.labelling.bulk_edit import bulk_edit, require_all
from datasets.services.labelling.classes import checked_class_name


@dataclass(frozen=True)
class Confirmed:
    """`images` are of the class; `rejected` are not, and are suggested as something else."""

    class_name: str
    images: Sequence[uuid.UUID]
    rejected: Sequence[uuid.UUID] = ()


@transaction.atomic
def confirm_groups(
    *, user: User, dataset: Dataset, groups: Sequence[Confirmed], seen_at: datetime | None = None
) -> list[BulkEdit]:
    """Label what was confirmed and keep what was rejected; return a bulk edit for each group.

    All or nothing. Undoing an edit takes both back. Raises `Conflict` naming the images that
    another person has labelled since `seen_at`, `Invalid` for ids that are not of the dataset and
    for bad class names, `Forbidden`, `InTrash`.
    """
    require_editable(user=user, dataset=dataset)
    dataset.lock()
    edits = [_confirm(user, dataset, number, group, seen_at) for number, group in enumerate(groups)]
    return [edit for edit in edits if edit is not None]


def _confirm(
    user: User, dataset: Dataset, number: int, group: Confirmed, seen_at: datetime | None
) -> BulkEdit | None:
    pointer = f"/groups/{number}"
    name = checked_class_name(group.class_name, f"{pointer}/class_name")
    if not name:
        raise Invalid(
            "A group needs a class.",
            errors=[FieldError(f"{pointer}/class_name", "blank", "A group needs a class.")],
        )
    require_all(dataset, group.images, f"{pointer}/images")
    require_all(dataset, group.rejected, f"{pointer}/rejected")
    edit = None
    if group.images:
        edit = bulk_edit(
            user=user,
            dataset=dataset,
            action=BulkAction.RELABEL,
            selection=group.images,
            class_name=name,
            seen_at=seen_at,
        ).edit
    return _reject(user, dataset, name, group.rejected, edit) if group.rejected else edit


def _reject(
    user: User,
    dataset: Dataset,
    name: str,
    rejected: Sequence[uuid.UUID],
    edit: BulkEdit | None,
) -> BulkEdit:
    if edit is None:
        edit = BulkEdit.objects.create(
            dataset=dataset,
            action=BulkAction.RELABEL,
            class_name=name,
            image_ids=[],
            created_by=user,
        )
        # No label changed, yet something else is to be suggested.
        listeners.labels_changed.announce(user=user, dataset=dataset)
    edit.rejected_ids = list(rejected)
    edit.save(update_fields=["rejected_ids"])
    return edit
