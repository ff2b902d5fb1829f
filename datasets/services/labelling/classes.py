"""Classes of a dataset: make and rename."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from accounts.services import audit
from common.errors import Conflict, FieldError, Invalid, NotFound
from datasets.archive.names import clean_class_name
from datasets.models import ClassLabel, Dataset
from datasets.policies import require_editable

MAX_CLASSES = 10_000


def ensure_classes(*, dataset: Dataset, names: Iterable[str]) -> dict[str, ClassLabel]:
    """Return the dataset's classes by name, after making those of `names` that are new.

    Called inside a transaction that has locked the dataset. Raises `Invalid` past 10,000 classes.
    """
    classes = {label.name: label for label in ClassLabel.objects.filter(dataset=dataset)}
    new = sorted(set(names) - classes.keys())
    if len(classes) + len(new) > MAX_CLASSES:
        raise Invalid(
            f"A dataset may have {MAX_CLASSES:,} classes; with these it would have "
            f"{len(classes) + len(new):,}."
        )
    last = max((label.position for label in classes.values()), default=-1)
    labels = [
        ClassLabel(dataset=dataset, name=name, position=last + number)
        for number, name in enumerate(new, start=1)
    ]
    ClassLabel.objects.bulk_create(labels)
    return classes | {label.name: label for label in labels}


@transaction.atomic
def create_class(*, user: User, dataset: Dataset, name: str) -> ClassLabel:
    """Add a class; raises `Conflict` for a name that is there already.

    Raises `Invalid` for a bad name, and when the dataset has 10,000 classes.
    """
    require_editable(user=user, dataset=dataset)
    dataset.lock()
    name = _checked_name(dataset, name)
    count = ClassLabel.objects.filter(dataset=dataset).count()
    if count >= MAX_CLASSES:
        raise Invalid(f"A dataset may have {MAX_CLASSES:,} classes; this one has {count:,}.")
    last = ClassLabel.objects.filter(dataset=dataset).aggregate(last=Max("position"))["last"]
    label = ClassLabel.objects.create(
        dataset=dataset, name=name, position=0 if last is None else last + 1
    )
    audit.record(actor=user, action="class.create", target=label, name=name)
    return label


@transaction.atomic
def rename_class(*, user: User, label: ClassLabel, name: str) -> ClassLabel:
    """Give a class another name; frozen versions keep the old one.

    Raises `Invalid` for a bad name, `Conflict` for one that another class has (merge instead),
    `NotFound` for a class that has gone meanwhile.
    """
    dataset = label.dataset
    require_editable(user=user, dataset=dataset)
    dataset.lock()
    label = class_as_it_stands(label)
    before, label.name = label.name, _checked_name(dataset, name, except_for=label)
    label.save(update_fields=["name"])
    audit.record(actor=user, action="class.rename", target=label, before=before, after=label.name)
    return label


def class_as_it_stands(label: ClassLabel) -> ClassLabel:
    """Read a class again under the lock; raises `NotFound` when it was removed meanwhile."""
    found = ClassLabel.objects.select_related("dataset").filter(pk=label.pk).first()
    if found is None:
        raise NotFound(f"The class {label.name} has been merged or deleted.")
    return found


def checked_class_name(name: str, pointer: str) -> str:
    """Return the name cleaned, empty for a blank one; raises `Invalid` at `pointer`."""
    return clean_class_name_at(name, pointer) if name.strip() else ""


def clean_class_name_at(name: str, pointer: str) -> str:
    """Return the name cleaned; raises `Invalid` at `pointer`, for a blank one too."""
    try:
        return clean_class_name(name)
    except ValueError as error:
        raise Invalid(str(error), errors=[FieldError(pointer, "invalid", str(error))]) from None


def _checked_name(dataset: Dataset, name: str, except_for: ClassLabel | None = None) -> str:
    name = clean_class_name_at(name, "/name")
    others = ClassLabel.objects.filter(dataset=dataset, name=name)
    if except_for is not None:
        others = others.exclude(pk=except_for.pk)
    if others.exists():
        raise Conflict(
            f"{dataset.name} has a class named {name} already.",
            hint="Merge the two classes if they mean the same.",
        )
    return name
