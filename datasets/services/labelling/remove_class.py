"""Take a class out of a dataset: merge it into another, or delete it. Both can be undone."""

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from common.errors import FieldError, Invalid
from datasets.models import BulkAction, BulkEdit, ClassLabel, Image
from datasets.policies import require_editable
from datasets.services import listeners
from datasets.services.labelling.classes import class_as_it_stands
from datasets.services.labelling.relabel import relabel_all


@transaction.atomic
def merge_class(*, user: User, label: ClassLabel, into: ClassLabel) -> BulkEdit:
    """Move every image of a class into another one and remove the class; the edit can be undone.

    Images in the trash move too. Raises `Invalid` for a class of another dataset or itself, and
    `NotFound` when one of the two has gone meanwhile.
    """
    if into.dataset_id != label.dataset_id or into.pk == label.pk:
        detail = "A class can be merged into another class of the same dataset."
        raise Invalid(detail, errors=[FieldError("/into", "invalid", detail)])
    return _remove(user, label, into)


@transaction.atomic
def delete_class(*, user: User, label: ClassLabel) -> BulkEdit:
    """Remove a class: its images, those in the trash too, have none then; it can be undone."""
    return _remove(user, label, None)


def _remove(user: User, label: ClassLabel, into: ClassLabel | None) -> BulkEdit:
    dataset = label.dataset
    require_editable(user=user, dataset=dataset)
    dataset.lock()
    label, into = class_as_it_stands(label), into and class_as_it_stands(into)
    images = Image.objects.filter(class_label=label)
    edit = relabel_all(user=user, dataset=dataset, images=images, label=into)
    if edit is None:
        name = into.name if into else ""
        edit = BulkEdit.objects.create(
            dataset=dataset,
            action=BulkAction.RELABEL,
            class_name=name,
            image_ids=[],
            created_by=user,
        )
    edit.removed_class = {
        "id": str(label.pk),
        "name": label.name,
        "position": label.position,
        "description": label.description,
        "link": label.link,
    }
    edit.save(update_fields=["removed_class"])
    audit.record(
        actor=user,
        action="class.merge" if into else "class.delete",
        target=label,
        name=label.name,
        images=len(edit.image_ids),
        **({"into": into.name} if into else {}),
    )
    label.delete()
    if label.has_note:
        listeners.class_note_changed.announce(user=user, dataset=dataset)
    return edit
