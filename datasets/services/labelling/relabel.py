"""Give many images one class, keeping what they had."""

from django.db.models import QuerySet

from accounts.models import User
from datasets.models import BulkAction, BulkEdit, ClassLabel, Dataset, Image
from datasets.services.labelling.set_classes import set_classes


def relabel_all(
    *, user: User, dataset: Dataset, images: QuerySet[Image], label: ClassLabel | None
) -> BulkEdit | None:
    """Give images that are not so already the class, keeping what they had; None if there are none.

    In the caller's transaction, which has locked the dataset.
    """
    target = label.pk if label else None
    others = (
        images.exclude(class_label=None) if label is None else images.exclude(class_label=label)
    )
    rows = list(others.order_by().values_list("pk", "class_label_id", "labelled_by_id"))
    if not rows:
        return None
    ids, class_ids, person_ids = (list(column) for column in zip(*rows, strict=True))
    edit = BulkEdit.objects.create(
        dataset=dataset,
        action=BulkAction.RELABEL,
        class_name=label.name if label else "",
        image_ids=ids,
        class_ids=class_ids,
        person_ids=person_ids,
        created_by=user,
    )
    set_classes(
        user=user,
        dataset=dataset,
        image_ids=ids,
        class_ids=[target] * len(ids),
        person_ids=[user.pk] * len(ids),
        at=edit.created_at,
    )
    return edit
