"""Which models learned from a content, were tuned on it, or were only measured on it.

Learned: it was in what the weights were fitted on. Tuned: it was in the validation split, which
chooses the epoch, the temperature and the thresholds. Measured: a report counts its answer to it.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import F, Q, QuerySet

from classifier.engine.formats.facts import TAUGHT_FILE
from classifier.lineage.selectors.held import Held, held_by
from classifier.lineage.selectors.instant_learners import instant_learners
from classifier.lineage.selectors.taken_lists import MOST_READ, list_naming, with_lists
from classifier.models import EvaluationReport, Experiment, ModelVersion
from datasets.models import DatasetVersion, Image, Split

# Classic methods whose file holds what it computed of single training images.
KEEP_IMAGES = {
    "k_nearest_neighbours": "its file holds what was computed of every training image",
    "rbf_svm": "its file holds what was computed of the training images near its borders",
}


class How(StrEnum):
    """What a model has of an image, the closest first."""

    LEARNED = "learned"
    TUNED = "tuned"
    MEASURED = "measured"


class Via(StrEnum):
    """By what a model came to it."""

    TRAINING = "training"
    ENSEMBLE = "ensemble"
    INSTANT_MODEL = "instant_model"
    UNLABELLED = "unlabelled"
    TEACHER = "teacher"
    EVALUATION = "evaluation"


@dataclass(frozen=True)
class ImageModel:
    """A model version and what it has of the image.

    `certain` is False of an instant model: it learns from the labels of a moment, and which images
    these were was not written down. `dataset_version` is where it met the image; None of an instant
    model, and of an unlabelled image.
    """

    version: ModelVersion
    how: How
    via: Via
    splits: tuple[str, ...] = ()
    dataset_version: DatasetVersion | None = None
    certain: bool = True

    @property
    def keeps(self) -> str:
        """What its file itself holds of training images; empty where it has weights alone."""
        return KEEP_IMAGES.get(self.version.preset, "") if self.how is How.LEARNED else ""


@dataclass(frozen=True)
class ImageModels:
    """`held` are the versions that hold it, `models` the closest first, a version of a model once.

    `experiments` fitted on a version that holds it and may have kept no model. Of `unread` older
    versions the lists of images that they took without a class were not looked through.
    """

    held: list[Held]
    models: list[ImageModel]
    experiments: list[Experiment]
    unread: int = 0

    def of(self, how: How) -> list[ImageModel]:
        """Return the models that have this of it."""
        return [each for each in self.models if each.how is how]

    @property
    def learned(self) -> list[ImageModel]:
        """Those whose weights were fitted on it."""
        return self.of(How.LEARNED)

    @property
    def tuned(self) -> list[ImageModel]:
        """Those that were chosen by it, or had their thresholds set on it."""
        return self.of(How.TUNED)

    @property
    def measured(self) -> list[ImageModel]:
        """Those that were only asked about it."""
        return self.of(How.MEASURED)


def models_of_images(
    organization_id: uuid.UUID, sha256: str, images: Collection[Image]
) -> ImageModels:
    """Return what the organization's models have of a content, by these images of it."""
    held = held_by([image.pk for image in images])
    own = versions_of(organization_id)
    found: dict[uuid.UUID, ImageModel] = {}
    for each in (
        *_trained(own, held),
        *_combined(own, held),
        *_instant(own, images, held),
        *_unlabelled(own, sha256, images),
        *_measured(own, held),
    ):
        known = found.get(each.version.pk)
        if known is None or _rank(each) < _rank(known):
            found[each.version.pk] = each
    for each in _made_of_others(own, held, found):
        found[each.version.pk] = each
    models = sorted(found.values(), key=lambda each: each.version.created_at, reverse=True)
    ids = [each.version.pk for each in held]
    experiments = Experiment.objects.filter(dataset_version__in=ids).order_by("-created_at")
    unread = max(0, with_lists(own, images).count() - MOST_READ)
    return ImageModels(held, sorted(models, key=_rank), list(experiments), unread)


def versions_of(organization_id: uuid.UUID) -> QuerySet[ModelVersion]:
    """Return an organization's versions as they are looked at here: without what is large."""
    heavy = ("training_run__metrics", "training_run__watched", "training_run__config")
    rows = ModelVersion.objects.filter(model__organization=organization_id)
    related = rows.select_related("model", "dataset_version__dataset", "training_run")
    return related.defer(*heavy, "libraries", "parity")


def _rank(each: ImageModel) -> int:
    return list(How).index(each.how)


def _by_id(held: Iterable[Held]) -> dict[uuid.UUID, Held]:
    return {each.version.pk: each for each in held}


def _after(made_at: datetime, held: Held) -> bool:
    """Whether what began then no longer met the image."""
    return held.forgotten_at is not None and made_at > held.forgotten_at


def _how(splits: Collection[Split], config: dict[str, Any]) -> How | None:
    """Return what a fit with these settings has of an image in these splits; None for nothing."""
    if Split.TRAIN in splits or (Split.VALIDATION in splits and config.get("all_epochs")):
        return How.LEARNED
    return How.TUNED if Split.VALIDATION in splits else None


def _trained(own: QuerySet[ModelVersion], held: Sequence[Held]) -> Iterator[ImageModel]:
    places = _by_id(held)
    rows = own.filter(dataset_version__in=places, training_run__isnull=False)
    for version in rows:
        images, run = version.dataset_version, version.training_run
        if images is None or run is None:
            continue
        place = places[images.pk]
        how = _how(place.splits, version.config)
        if how is not None and not _after(run.created_at, place):
            yield ImageModel(version, how, Via.TRAINING, tuple(place.split_names), place.version)


def _combined(own: QuerySet[ModelVersion], held: Sequence[Held]) -> Iterator[ImageModel]:
    """Yield ensembles by their members, and students by their teachers."""
    places = _by_id(held)
    of_others = Q(ensemble__isnull=False) | Q(distilled__isnull=False)
    for version in own.filter(of_others) if places else ():
        via = Via.ENSEMBLE if version.ensemble else Via.TEACHER
        for version_id in version.known_sources:
            place = places.get(uuid.UUID(version_id))
            how = _how(place.splits, version.config) if place else None
            if place and how and not _after(version.created_at, place):
                yield ImageModel(version, how, via, tuple(place.split_names), place.version)


def _made_of_others(
    own: QuerySet[ModelVersion], held: Sequence[Held], found: Mapping[uuid.UUID, ImageModel]
) -> Iterator[ImageModel]:
    """Yield ensembles, copies and students: they are made of others, whenever they were made."""
    places, met = _by_id(held), dict(found)
    of_others = Q(copied_from__isnull=False) | Q(ensemble__isnull=False)
    rows = own.filter(of_others | Q(distilled__isnull=False))
    made = rows.select_related("copied_from").order_by("created_at") if places or found else ()
    sources = {version: _sources_of(version) for version in made}
    asked = {pk for ids in sources.values() for pk in ids}
    there = set(own.filter(pk__in=asked).values_list("pk", flat=True))
    for version, ids in sources.items():
        having = [met[pk] for pk in ids if pk in met and met[pk].how is not How.MEASURED]
        each: ImageModel | None = None
        if having:
            closest = min(having, key=_rank)
            via = _via_others(version) or closest.via
            each = replace(closest, version=version, via=via)
        elif _is_copy(version) and not there.issuperset(ids):
            each = _of(version, places)
        known = met.get(version.pk)
        if each is not None and (known is None or _rank(each) < _rank(known)):
            met[version.pk] = each
            yield each


def _via_others(version: ModelVersion) -> Via | None:
    if version.ensemble:
        return Via.ENSEMBLE
    return Via.TEACHER if version.distilled else None


def _is_copy(version: ModelVersion) -> bool:
    return version.ensemble is None and version.distilled is None


def _sources_of(version: ModelVersion) -> list[uuid.UUID]:
    """Return the ids of the versions that an ensemble, a student or a copy was made of."""
    if version.ensemble is not None:
        ids = [each["model_version"] for each in version.ensemble["members"]]
        return [uuid.UUID(each) for each in ids if each]
    if version.distilled is not None:
        return [uuid.UUID(version.distilled["teacher"])]
    return [version.copied_from.source_version]


def _of(version: ModelVersion, places: Mapping[uuid.UUID, Held]) -> ImageModel | None:
    """Return what a copy has of the image whose source is gone; when that was made is not kept."""
    for place in (places.get(uuid.UUID(each)) for each in version.known_sources):
        if place and (how := _how(place.splits, version.config)):
            return ImageModel(version, how, Via.TRAINING, tuple(place.split_names), place.version)
    return None


def _instant(
    own: QuerySet[ModelVersion], images: Collection[Image], held: Sequence[Held]
) -> Iterator[ImageModel]:
    for version in instant_learners(own, images, held):
        via = _via_others(version) or Via.INSTANT_MODEL
        yield ImageModel(version, How.LEARNED, via, certain=False)


def _unlabelled(
    own: QuerySet[ModelVersion], sha256: str, images: Collection[Image]
) -> Iterator[ImageModel]:
    """Yield versions that took the image without its class, or whose teacher did."""
    for version in with_lists(own, images)[:MOST_READ]:
        if name := list_naming(version, sha256):
            via = Via.TEACHER if name == TAUGHT_FILE else Via.UNLABELLED
            yield ImageModel(version, How.LEARNED, via)


def _measured(own: QuerySet[ModelVersion], held: Sequence[Held]) -> Iterator[ImageModel]:
    places = _by_id(held)
    # What readers of a shared model measure with it is theirs.
    owner = F("model_version__model__organization")
    rows = EvaluationReport.objects.filter(
        dataset_version__in=places, metrics__isnull=False, organization=owner
    ).values_list("model_version", "dataset_version", "split", "created_at")
    found = [
        (version_id, places[dataset_version_id], Split(split))
        for version_id, dataset_version_id, split, created_at in rows
        if Split(split) in places[dataset_version_id].splits
        and not _after(created_at, places[dataset_version_id])
    ]
    versions = own.in_bulk([version_id for version_id, *_ in found])
    for version_id, place, split in found:
        if version_id in versions:
            label = (str(split.label),)
            yield ImageModel(
                versions[version_id], How.MEASURED, Via.EVALUATION, label, place.version
            )
