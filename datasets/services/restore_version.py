"""Bring a dataset back to what one of its versions holds."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from datasets.models import Annotation, Dataset, DatasetVersion, Image, Sample
from datasets.policies import require_editable
from datasets.services.classes import ensure_classes

_BATCH = 5_000


@dataclass(frozen=True)
class Restored:
    """How many images changed, by what happened to them.

    `relabelled` got another class, `brought_back` were in the trash or left out, and `left_out`
    are not in the version.
    """

    relabelled: int
    brought_back: int
    left_out: int


@transaction.atomic
def restore_version(*, user: User, version: DatasetVersion) -> Restored:
    """Give a version's images their classes of then and leave all other labelled images out.

    Nothing is deleted, and every changed class is kept as an annotation, so another restore undoes
    this one. Images without a class are not touched, and splits stay the version's own. Raises
    `InTrash`, `NotFound` or `Forbidden`.
    """
    dataset = version.dataset
    require_editable(user=user, dataset=dataset)
    Dataset.objects.select_for_update(of=("self",)).get(pk=dataset.pk)
    held = dict(Sample.objects.filter(version=version).values_list("image_id", "class_index"))
    images = Image.objects.filter(dataset=dataset)
    in_version = images.filter(samples__version=version)
    restored = Restored(
        relabelled=_relabel(user, version, held),
        brought_back=images.filter(
            pk__in=in_version.exclude(deleted_at=None, excluded_at=None).values("pk")
        ).update(deleted_at=None, excluded_at=None),
        left_out=images.alive()
        .filter(excluded_at=None, class_label__isnull=False)
        .exclude(pk__in=in_version.values("pk"))
        .update(excluded_at=timezone.now()),
    )
    audit.record(
        actor=user,
        action="version.restore",
        target=version,
        organization=dataset.organization,
        number=version.number,
        **vars(restored),
    )
    return restored


def _relabel(user: User, version: DatasetVersion, held: dict[uuid.UUID, int]) -> int:
    classes = ensure_classes(dataset=version.dataset, names=version.class_names)
    changed = []
    images = Image.objects.filter(samples__version=version).select_related("class_label")
    for image in images.iterator(_BATCH):
        label = classes[version.class_names[held[image.pk]]]
        if image.class_label_id != label.pk:
            previous = image.class_label.name if image.class_label else ""
            changed.append(
                Annotation(
                    image=image,
                    class_label=label,
                    class_name=label.name,
                    previous_class_name=previous,
                    created_by=user,
                )
            )
            image.class_label = label
    Image.objects.bulk_update([a.image for a in changed], ["class_label"], batch_size=1000)
    Annotation.objects.bulk_create(changed, batch_size=_BATCH)
    return len(changed)
