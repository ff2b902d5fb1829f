"""What has become of a version's images since it was frozen."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, F, Q

from datasets.models import (
    ClassLabel,
    DatasetVersion,
    FindingKind,
    Image,
    QualityItem,
    QualityMember,
    Sample,
)


@dataclass(frozen=True)
class Standing:
    """How an image of a version stands now; `frozen_class` is the one the version froze.

    `frozen_label` is that class as it is now, None where it was merged or deleted since; `kept` is
    the finding by whose dismissal a person has said that the image's class is right.
    """

    image: Image
    frozen_class: str
    frozen_label: ClassLabel | None
    kept: QualityItem | None

    @property
    def class_name(self) -> str:
        """Its class now, empty for none."""
        return self.image.class_label.name if self.image.class_label else ""

    @property
    def relabelled(self) -> bool:
        """Whether it is of another class now, also because its own was merged or deleted."""
        frozen = self.frozen_label.pk if self.frozen_label else None
        return frozen is None or self.image.class_label_id != frozen

    @property
    def renamed(self) -> bool:
        """Whether its class is called otherwise now."""
        return not self.relabelled and self.class_name != self.frozen_class

    @property
    def left_out(self) -> bool:
        """Whether it stays out of new versions."""
        return self.image.excluded_at is not None

    @property
    def in_trash(self) -> bool:
        """Whether it is in the trash, or was deleted from there, so that versions alone keep it."""
        return self.image.deleted_at is not None

    @property
    def decided(self) -> bool:
        """Whether a new version would have it otherwise, or its label was called right."""
        return self.relabelled or self.left_out or self.in_trash or self.kept is not None


class SinceFrozen(NamedTuple):
    """How many of a version's images are relabelled, left out or in the trash by now."""

    relabelled: int
    left_out: int
    in_trash: int

    @property
    def words(self) -> str:
        """All of it in a phrase; empty where nothing has changed."""
        parts = (
            (self.relabelled, "relabelled"),
            (self.left_out, "left out"),
            (self.in_trash, "in the trash"),
        )
        return ", ".join(f"{count:,} {word}" for count, word in parts if count)


def classes_now(version: DatasetVersion) -> list[ClassLabel | None]:
    """Return what each class of the version is now, None for one that was merged or deleted.

    By its id; in versions of before these were kept, by its name.
    """
    labels = list(ClassLabel.objects.filter(dataset=version.dataset_id))
    if version.class_ids is not None:
        by_id = {str(label.pk): label for label in labels}
        return [by_id.get(class_id) for class_id in version.class_ids]
    by_name = {label.name: label for label in labels}
    return [by_name.get(name) for name in version.class_names]


def standings(
    version: DatasetVersion, samples: Sequence[Sample], classes: Sequence[ClassLabel | None]
) -> dict[uuid.UUID, Standing]:
    """Return how the images of these samples of the version stand now, by image.

    `classes` are its `classes_now`.
    """
    ids = [sample.image_id for sample in samples]
    images = Image.objects.select_related("class_label", "labelled_by").in_bulk(ids)
    said = QualityMember.objects.filter(
        image__in=ids,
        image__class_label=F("item__given_class"),
        item__kind=FindingKind.LABEL_ERROR,
        item__dismissed_at__isnull=False,
    )
    kept = {member.image_id: member.item for member in said.select_related("item__dismissed_by")}
    return {
        sample.image_id: Standing(
            images[sample.image_id],
            version.class_names[sample.class_index],
            classes[sample.class_index],
            kept.get(sample.image_id),
        )
        for sample in samples
    }


def since_frozen(version: DatasetVersion, classes: Sequence[ClassLabel | None]) -> SinceFrozen:
    """Count what people have changed of a version's images since it was frozen.

    `classes` are its `classes_now`. Grouped by class in Postgres: whole datasets are relabelled.
    """
    frozen = version.created_at
    images = Image.objects.filter(dataset=version.dataset_id)
    touched = images.filter(
        Q(labelled_at__gt=frozen) | Q(excluded_at__gt=frozen) | Q(deleted_at__gt=frozen)
    )
    trash = Q(image__deleted_at__isnull=False)
    out = ~trash & Q(image__excluded_at__isnull=False)
    rows = (
        Sample.objects.kept()
        .filter(version=version, image__in=touched.values("pk"))
        .order_by()
        .values_list("class_index", "image__class_label")
        .annotate(
            in_trash=Count("pk", filter=trash),
            left_out=Count("pk", filter=out),
            in_use=Count("pk", filter=~trash & ~out),
        )
    )
    relabelled = left_out = in_trash = 0
    for index, class_id, trashed, excluded, in_use in rows:
        label = classes[index]
        in_trash += trashed
        left_out += excluded
        relabelled += in_use if label is None or label.pk != class_id else 0
    return SinceFrozen(relabelled, left_out, in_trash)
