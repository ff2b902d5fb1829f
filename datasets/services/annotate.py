"""Give images their classes, keeping who did it and what was before."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from common.errors import Conflict, FieldError, Invalid
from datasets.archive.names import clean_class_name
from datasets.models import Annotation, ClassLabel, Dataset, Image
from datasets.policies import require_editable
from datasets.services.classes import ensure_classes


@transaction.atomic
def annotate(*, user: User, dataset: Dataset, class_names: Mapping[uuid.UUID, str]) -> int:
    """Set the class of each image (by id; empty: none) and return how many changed.

    Classes that do not exist yet are made. Raises `Invalid` with a pointer for an image that is not
    in the dataset or a bad class name, and then changes nothing.
    """
    require_editable(user=user, dataset=dataset)
    wanted = _checked(class_names)
    Dataset.objects.select_for_update(of=("self",)).get(pk=dataset.pk)
    images = {
        image.pk: image
        for image in Image.objects.alive()
        .select_for_update(of=("self",))
        .filter(dataset=dataset, pk__in=wanted)
        .select_related("class_label")
    }
    _require_all(wanted, images)
    classes: dict[str, ClassLabel | None] = {
        "": None,
        **ensure_classes(dataset=dataset, names={name for name in wanted.values() if name}),
    }
    changed = [
        _set_class(image, classes[wanted[image_id]], user)
        for image_id, image in images.items()
        if _name(image) != wanted[image_id]
    ]
    Image.objects.bulk_update([a.image for a in changed], ["class_label"], batch_size=1000)
    Annotation.objects.bulk_create(changed, batch_size=5000)
    audit.record(
        actor=user,
        action="image.annotate",
        target=dataset,
        organization=dataset.organization,
        images=len(changed),
    )
    return len(changed)


@transaction.atomic
def edit_image(
    *, user: User, image: Image, changes: dict[str, Any], expected_class: str | None = None
) -> Image:
    """Change an image: `class_name` (None or empty: no class), `split`, `excluded`, `metadata`.

    With `expected_class`, raises `Conflict` when somebody has given it another class meanwhile.
    """
    dataset = image.dataset
    require_editable(user=user, dataset=dataset)
    Dataset.objects.select_for_update(of=("self",)).get(pk=dataset.pk)
    image = (
        Image.objects.select_for_update(of=("self",)).select_related("class_label").get(pk=image.pk)
    )
    if expected_class is not None and expected_class != _name(image):
        raise Conflict(
            f"Somebody has given this image the class “{_name(image) or 'none'}” meanwhile; "
            f"you saw “{expected_class or 'none'}”.",
            code="changed_meanwhile",
            hint="Look at it again, then decide.",
        )
    if "class_name" in changes:
        _change_class(user, image, changes["class_name"] or "")
    if "split" in changes:
        image.split = changes["split"]
    if "metadata" in changes:
        image.metadata = changes["metadata"]
    if "excluded" in changes:
        image.excluded_at = (image.excluded_at or timezone.now()) if changes["excluded"] else None
    image.save()
    audit.record(
        actor=user,
        action="image.edit",
        target=image,
        organization=dataset.organization,
        **changes,
    )
    return image


def _change_class(user: User, image: Image, class_name: str) -> None:
    name = _cleaned(class_name, "/class_name")
    if name != _name(image):
        classes = ensure_classes(dataset=image.dataset, names=[name] if name else [])
        _set_class(image, classes.get(name), user).save()


def _set_class(image: Image, label: ClassLabel | None, user: User) -> Annotation:
    annotation = Annotation(
        image=image,
        class_label=label,
        class_name=label.name if label else "",
        previous_class_name=_name(image),
        created_by=user,
    )
    image.class_label = label
    return annotation


def _name(image: Image) -> str:
    return image.class_label.name if image.class_label else ""


def _checked(class_names: Mapping[uuid.UUID, str]) -> dict[uuid.UUID, str]:
    return {
        image_id: _cleaned(name, f"/annotations/{number}/class_name")
        for number, (image_id, name) in enumerate(class_names.items())
    }


def _cleaned(name: str, pointer: str) -> str:
    try:
        return clean_class_name(name) if name.strip() else ""
    except ValueError as error:
        raise Invalid(str(error), errors=[FieldError(pointer, "invalid", str(error))]) from None


def _require_all(wanted: Mapping[uuid.UUID, str], images: Mapping[uuid.UUID, Image]) -> None:
    errors = [
        FieldError(f"/annotations/{number}/image", "does_not_exist", f"No image {image_id} here.")
        for number, image_id in enumerate(wanted)
        if image_id not in images
    ]
    if errors:
        raise Invalid(f"{len(errors)} of the images are not in this dataset.", errors=errors[:50])
