"""What would be forgotten of an image, and what was."""

import uuid
from dataclasses import dataclass, replace

from django.db.models import Q

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from classifier.lineage.selectors.bars import bars_to
from classifier.lineage.selectors.held import copies_of, datasets_with
from classifier.lineage.selectors.image_models import (
    How,
    ImageModel,
    ImageModels,
    Via,
    models_of_images,
    versions_of,
)
from classifier.lineage.selectors.remains import Remains, keepers, remains_of
from classifier.models import Prediction
from common.errors import Forbidden, NotFound
from datasets.models import Dataset, Forgetting, Image, ImageFingerprint

# Predictions are found by reading them all: an index of hashes would cost each of them.
MOST_LOOKED_THROUGH = 200_000


@dataclass(frozen=True)
class Preview:
    """What forgetting an image would remove, and what would stay.

    `copies` counts the images of the same content in its own dataset, itself among them; `others`
    are the other datasets that hold it, with how many. `alike` are near copies in its dataset,
    which have another content and stay. `predictions` are kept ones about the very file, None where
    there are too many to look through while a person waits. `bars` says what has to end before.
    """

    image: Image
    copies: int
    others: list[tuple[Dataset, int]]
    alike: int
    predictions: int | None
    found: ImageModels
    bars: list[str]
    remains: list[Remains]

    @property
    def datasets(self) -> list[Dataset]:
        """The other datasets that hold it."""
        return [dataset for dataset, _ in self.others]


def preview_of(image: Image) -> Preview:
    """Return what forgetting an image would do, everywhere in its organization."""
    images = list(copies_of(image))
    holders = datasets_with(images)
    others = [(each, len(held)) for each, held in holders.items() if each.pk != image.dataset_id]
    organization = image.dataset.organization
    own = [each.pk for each in holders.get(image.dataset, [])]
    found = models_of_images(organization.pk, image.sha256, images)
    held = [each for each in found.held if set(each.image_ids) & set(own)]
    return Preview(
        image=image,
        copies=len(own),
        others=others,
        alike=_alike(image),
        predictions=_predictions(organization.pk, image.sha256),
        found=found,
        bars=bars_to(organization.pk, [each.version.pk for each in held]),
        remains=remains_of(organization, [each.pk for each in images], found, []),
    )


def models_of(image: Image) -> ImageModels:
    """Return which models learned from an image, or a copy of it in its organization."""
    organization_id = image.dataset.organization_id
    return models_of_images(organization_id, image.sha256, list(copies_of(image)))


@dataclass(frozen=True)
class Forgotten:
    """What was, or is being, forgotten."""

    forgetting: Forgetting
    datasets: list[Dataset]
    found: ImageModels
    remains: list[Remains]


def forgotten_of(forgetting: Forgetting) -> Forgotten:
    """Return what was removed and what remains, as it is now."""
    images = list(
        Image.objects.filter(
            sha256=forgetting.sha256, dataset__organization=forgetting.organization_id
        ).select_related("dataset", "forgetting")
    )
    found = models_of_images(forgetting.organization_id, forgetting.sha256, images)
    found = replace(found, models=[*found.models, *_met(forgetting, found.models)])
    elsewhere = [each for each in keepers(images) if each.pk not in forgetting.dataset_ids]
    return Forgotten(
        forgetting=forgetting,
        datasets=list(Dataset.objects.filter(pk__in=forgetting.dataset_ids).order_by("name")),
        found=found,
        remains=remains_of(forgetting.organization, forgetting.image_ids, found, elsewhere),
    )


def _met(forgetting: Forgetting, known: list[ImageModel]) -> list[ImageModel]:
    """Return the models that had met it by no version, as it was written down when it went."""
    via = {each["version"]: Via(each["via"]) for each in forgetting.met}
    there = {str(each.version.pk) for each in known}
    rows = versions_of(forgetting.organization_id).filter(pk__in=via.keys() - there)
    return [
        ImageModel(
            version,
            How.LEARNED,
            via[str(version.pk)],
            certain=via[str(version.pk)] is not Via.INSTANT_MODEL,
        )
        for version in rows
    ]


def may_forget(user: User, image: Image) -> bool:
    """Whether `user` may have the image forgotten."""
    try:
        require_role(user=user, organization=image.dataset.organization, role=Role.ADMIN)
    except (Forbidden, NotFound):
        return False
    return True


def _alike(image: Image) -> int:
    """Return how many other images of the dataset are near copies of another content."""
    own = ImageFingerprint.objects.filter(image=image, group__isnull=False)
    group = own.values_list("group", flat=True).first()
    if group is None:
        return 0
    near = ImageFingerprint.objects.filter(group=group, image__dataset=image.dataset_id)
    return near.filter(image__deleted_at=None).exclude(image__sha256=image.sha256).count()


def _predictions(organization_id: uuid.UUID, sha256: str) -> int | None:
    rows = Prediction.objects.filter(organization=organization_id).order_by()
    if rows.values("pk")[: MOST_LOOKED_THROUGH + 1].count() > MOST_LOOKED_THROUGH:
        return None
    of_it = Q(image_sha256=sha256) | Q(images__contains=[{"sha256": sha256}])
    of_it |= Q(kept__contents__contains=[sha256])
    return rows.filter(of_it).count()
