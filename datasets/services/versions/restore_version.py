"""Bring a dataset back to what one of its versions holds."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from datasets.models import DatasetVersion, Image, Sample
from datasets.policies import require_editable
from datasets.services.labelling.classes import ensure_classes
from datasets.services.labelling.set_classes import set_classes


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
    this one. Images without a class are not touched, what was forgotten does not come back, and
    splits stay the version's own. Raises `InTrash`, `NotFound` or `Forbidden`.
    """
    dataset = version.dataset
    require_editable(user=user, dataset=dataset)
    dataset.lock()
    held = dict(Sample.objects.filter(version=version).values_list("image_id", "class_index"))
    images = Image.objects.filter(dataset=dataset)
    in_version = images.filter(samples__version=version, forgetting=None)
    restored = Restored(
        relabelled=_relabel(user, version, held),
        brought_back=images.filter(
            pk__in=in_version.exclude(deleted_at=None, excluded_at=None).values("pk")
        ).update(deleted_at=None, excluded_at=None, purged_at=None),
        left_out=images.alive()
        .filter(excluded_at=None, class_label__isnull=False)
        .exclude(pk__in=in_version.values("pk"))
        .update(excluded_at=timezone.now()),
    )
    audit.record(
        actor=user,
        action="version.restore",
        target=version,
        number=version.number,
        **vars(restored),
    )
    return restored


def _relabel(user: User, version: DatasetVersion, held: dict[uuid.UUID, int]) -> int:
    classes = ensure_classes(dataset=version.dataset, names=version.class_names)
    images = Image.objects.filter(samples__version=version, forgetting=None)
    changed = []
    for image_id, class_id in images.values_list("pk", "class_label_id"):
        label = classes[version.class_names[held[image_id]]]
        if class_id != label.pk:
            changed.append((image_id, label.pk))
    return set_classes(
        user=user,
        dataset=version.dataset,
        image_ids=[image_id for image_id, _ in changed],
        class_ids=[class_id for _, class_id in changed],
        person_ids=[user.pk] * len(changed),
        at=timezone.now(),
    )
