"""What has become of a version's images since it was frozen."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import F, Q

from datasets.models import DatasetVersion, FindingKind, Image, QualityItem, QualityMember, Sample


@dataclass(frozen=True)
class Standing:
    """How an image of a version stands now; `frozen_class` is the one the version froze.

    `kept` is the finding by whose dismissal a person has said that its class is right.
    """

    image: Image
    frozen_class: str
    labelled_since: bool
    kept: QualityItem | None

    @property
    def class_name(self) -> str:
        """Its class now, empty for none."""
        return self.image.class_label.name if self.image.class_label else ""

    @property
    def relabelled(self) -> bool:
        """Whether it was given another class."""
        return self.class_name != self.frozen_class and self.labelled_since

    @property
    def renamed(self) -> bool:
        """Whether its class is called otherwise now, though no one has relabelled the image."""
        return self.class_name != self.frozen_class and not self.labelled_since

    @property
    def left_out(self) -> bool:
        """Whether it stays out of new versions."""
        return self.image.excluded_at is not None

    @property
    def in_trash(self) -> bool:
        """Whether it is in the trash, or was deleted from there, so that versions alone keep it."""
        return self.image.deleted_at is not None

    @property
    def changed(self) -> bool:
        """Whether a new version would have it otherwise, or without it."""
        return self.relabelled or self.left_out or self.in_trash

    @property
    def decided(self) -> bool:
        """Whether a person has decided about it since."""
        return self.changed or self.kept is not None


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


def standings(version: DatasetVersion, samples: Sequence[Sample]) -> dict[uuid.UUID, Standing]:
    """Return how the images of these samples of the version stand now, by image."""
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
            _labelled_since(images[sample.image_id], version),
            kept.get(sample.image_id),
        )
        for sample in samples
    }


def since_frozen(version: DatasetVersion) -> SinceFrozen:
    """Count what people have changed of a version's images since it was frozen."""
    frozen = version.created_at
    images = Image.objects.filter(dataset=version.dataset_id)
    touched = images.filter(
        Q(labelled_at__gt=frozen) | Q(excluded_at__gt=frozen) | Q(deleted_at__gt=frozen)
    )
    rows = Sample.objects.filter(version=version, image__in=touched.values("pk")).values_list(
        "class_index",
        "image__class_label__name",
        "image__labelled_at",
        "image__excluded_at",
        "image__deleted_at",
    )
    relabelled = left_out = in_trash = 0
    for index, name, labelled_at, excluded_at, deleted_at in rows.iterator(10_000):
        if deleted_at is not None:
            in_trash += 1
        elif excluded_at is not None:
            left_out += 1
        elif labelled_at and labelled_at > frozen and name != version.class_names[index]:
            relabelled += 1
    return SinceFrozen(relabelled, left_out, in_trash)


def _labelled_since(image: Image, version: DatasetVersion) -> bool:
    return image.labelled_at is not None and image.labelled_at > version.created_at
