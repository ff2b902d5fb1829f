"""Give images their classes, keeping who did it and what was before."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from common.errors import Conflict, FieldError, Invalid
from datasets.models import Dataset, Image
from datasets.policies import require_editable
from datasets.services.labelling.classes import checked_class_name, ensure_classes
from datasets.services.labelling.set_classes import set_classes


@transaction.atomic
def annotate(
    *,
    user: User,
    dataset: Dataset,
    class_names: Mapping[uuid.UUID, str],
    expected: Mapping[uuid.UUID, str] | None = None,
    source: str = "",
) -> int:
    """Set the class of each image (by id; empty: none) and return how many changed.

    Classes that do not exist yet are made. `source` is `REVIEW` in the review queue, `FEEDBACK` as
    feedback on a prediction. `expected` has the classes that the caller saw; raises `Conflict`
    naming the images that have another one by now. Raises `Invalid` with a pointer for an image
    that is not in the dataset or a bad class name. Either way nothing is changed then.
    """
    require_editable(user=user, dataset=dataset)
    wanted = {
        image_id: checked_class_name(name, f"/annotations/{number}/class_name")
        for number, (image_id, name) in enumerate(class_names.items())
    }
    dataset.lock()
    found = Image.objects.alive().filter(dataset=dataset, pk__in=list(wanted))
    images = {image.pk: image for image in found.select_related("class_label", "labelled_by")}
    _require_all(wanted, images)
    _require_expected(wanted, images, expected or {})
    classes = ensure_classes(dataset=dataset, names={name for name in wanted.values() if name})
    changed = [image_id for image_id, name in wanted.items() if _name(images[image_id]) != name]
    set_classes(
        user=user,
        dataset=dataset,
        image_ids=changed,
        class_ids=[classes[wanted[i]].pk if wanted[i] else None for i in changed],
        person_ids=[user.pk] * len(changed),
        at=timezone.now(),
        source=source,
    )
    audit.record(actor=user, action="image.annotate", target=dataset, images=len(changed))
    return len(changed)


@transaction.atomic
def edit_image(
    *, user: User, image: Image, changes: dict[str, Any], expected_class: str | None = None
) -> Image:
    """Change an image: `class_name` (None or empty: no class), `split`, `excluded`, `metadata`.

    With `expected_class`, raises `Conflict` when it has got another class in between.
    """
    dataset = image.dataset
    require_editable(user=user, dataset=dataset)
    dataset.lock()
    image = (
        Image.objects.select_for_update(of=("self",))
        .select_related("class_label", "labelled_by")
        .get(pk=image.pk)
    )
    if expected_class is not None and expected_class != _name(image):
        raise Conflict(
            f"{image.labelled_by or 'Someone'} has given this image the class "
            f"“{_name(image) or 'none'}” since; you saw “{expected_class or 'none'}”.",
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
    audit.record(actor=user, action="image.edit", target=image, **changes)
    return image


def _change_class(user: User, image: Image, class_name: str) -> None:
    name = checked_class_name(class_name, "/class_name")
    if name == _name(image):
        return
    classes = ensure_classes(dataset=image.dataset, names=[name] if name else [])
    set_classes(
        user=user,
        dataset=image.dataset,
        image_ids=[image.pk],
        class_ids=[classes[name].pk if name else None],
        person_ids=[user.pk],
        at=timezone.now(),
    )
    image.refresh_from_db(fields=["class_label", "labelled_by", "labelled_at"])


def _name(image: Image) -> str:
    return image.class_label.name if image.class_label else ""


def _require_expected(
    wanted: Mapping[uuid.UUID, str],
    images: Mapping[uuid.UUID, Image],
    expected: Mapping[uuid.UUID, str],
) -> None:
    errors = [
        FieldError(
            f"/annotations/{number}",
            "changed_meanwhile",
            f"{images[image_id].name} ({image_id}) is “{_name(images[image_id]) or 'none'}” by "
            f"now, by {images[image_id].labelled_by or 'no one'}; "
            f"you saw “{expected[image_id] or 'none'}”.",
        )
        for number, image_id in enumerate(wanted)
        if image_id in expected and expected[image_id] != _name(images[image_id])
    ]
    if errors:
        raise Conflict(
            f"{len(errors)} of the images have another class by now. Nothing was changed.",
            code="changed_meanwhile",
            errors=errors[:50],
            hint="Look at them again, then decide.",
        )


def _require_all(wanted: Mapping[uuid.UUID, str], images: Mapping[uuid.UUID, Image]) -> None:
    errors = [
        FieldError(f"/annotations/{number}/image", "does_not_exist", f"No image {image_id} here.")
        for number, image_id in enumerate(wanted)
        if image_id not in images
    ]
    if errors:
        raise Invalid(f"{len(errors)} of the images are not in this dataset.", errors=errors[:50])
