"""Take a model's answers over: as classes of images that have none, or with images that are new."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from django.utils import timezone

from accounts.models import User
from datasets.models import Annotation, Dataset, Duplicates, Image
from datasets.models.annotation import MODEL
from datasets.policies import require_editable
from datasets.services import listeners
from datasets.services.intake.add_images import NewImage, add_images
from datasets.services.intake.adopt_files import hold_files
from datasets.services.labelling.classes import checked_class_name, ensure_classes
from datasets.services.labelling.set_classes import set_classes
from datasets.services.quality.check_quality import start_quality_check
from storage import durable
from storage.names import blob_name

_LOOKUP_BATCH = 10_000
_SOURCE_LENGTH = Annotation._meta.get_field("source").max_length or 255


class TakenOver(NamedTuple):
    """What became of a model's answers, each of an image.

    `labelled`: it was there without a class; `added`: it came with its class; `labelled_before`:
    it had a class, which stays; `copies`: another of them has the same content; `gone`: its image,
    or the file of it, is no longer there.
    """

    labelled: int
    added: int
    labelled_before: int
    copies: int
    gone: int


def label_by_model(
    *,
    user: User,
    dataset: Dataset,
    model: str,
    class_names: Mapping[uuid.UUID, str],
    new: Sequence[NewImage] = (),
) -> TakenOver:
    """Give images of the dataset their classes, and add new ones with theirs, whose files are kept.

    In the caller's transaction; it locks the dataset. `class_names` has the answers about images of
    the dataset by their ids; `new` are images with a class, whose content the dataset may have
    already. A class that an image has stays. `model` is what the annotations name as their source.
    Raises `NotFound`, `Forbidden`, `InTrash`, `Invalid` for a name that no class may have,
    `QuotaExceeded`.
    """
    require_editable(user=user, dataset=dataset)
    names = {*class_names.values(), *(each.class_name for each in new)}
    cleaned = {name: checked_class_name(name, "/class_name") for name in names}
    dataset.lock()
    wanted = {image_id: cleaned[name] for image_id, name in class_names.items()}
    absent, labelled_before, copies = _absent(dataset, new, wanted, cleaned)
    standing = _standing(dataset, wanted)
    unlabelled = [image_id for image_id, has_class in standing.items() if not has_class]
    kept = _kept(absent)
    unsorted = [replace(each, class_name="") for each in kept]
    added = add_images(dataset=dataset, images=unsorted, duplicates=Duplicates.SKIP)
    labels = {image_id: wanted[image_id] for image_id in unlabelled}
    for each, (image_id, _) in zip(kept, added.outcomes, strict=True):
        labels[image_id] = cleaned[each.class_name]
    _label(user, dataset, labels, model)
    if added.new_count:
        start_quality_check(user=user, dataset=dataset)
        listeners.images_added.announce(user=user, dataset=dataset)
    return TakenOver(
        labelled=len(unlabelled),
        added=added.new_count,
        labelled_before=labelled_before + len(standing) - len(unlabelled),
        copies=copies,
        gone=len(wanted) - len(standing) + len(absent) - len(kept),
    )


def _absent(
    dataset: Dataset,
    new: Sequence[NewImage],
    wanted: dict[uuid.UUID, str],
    cleaned: Mapping[str, str],
) -> tuple[list[NewImage], int, int]:
    """Return those whose content the dataset does not have, each once; how many of the others have
    a class there, and how many have the content of one before.

    An image without a class that has the content of another is put into `wanted`.
    """
    there: dict[str, list[tuple[uuid.UUID, bool]]] = {}
    hashes = sorted({each.sha256 for each in new})
    for start in range(0, len(hashes), _LOOKUP_BATCH):
        rows = Image.objects.alive().filter(
            dataset=dataset, sha256__in=hashes[start : start + _LOOKUP_BATCH]
        )
        for image_id, sha256, label in rows.values_list("id", "sha256", "class_label_id"):
            there.setdefault(sha256, []).append((image_id, label is not None))
    absent: dict[str, NewImage] = {}
    labelled_before = copies = 0
    for each in new:
        open_ids = [pk for pk, has_class in there.get(each.sha256, ()) if not has_class]
        if each.sha256 not in there and each.sha256 not in absent:
            absent[each.sha256] = each
        elif open_ids and not wanted.keys() & set(open_ids):
            wanted[open_ids[0]] = cleaned[each.class_name]
        elif each.sha256 in absent or open_ids:
            copies += 1
        else:
            labelled_before += 1
    return list(absent.values()), labelled_before, copies


def _standing(dataset: Dataset, wanted: Mapping[uuid.UUID, str]) -> dict[uuid.UUID, bool]:
    """Return, of those of the images that are there, whether each has a class."""
    found: dict[uuid.UUID, bool] = {}
    ids = list(wanted)
    for start in range(0, len(ids), _LOOKUP_BATCH):
        rows = Image.objects.alive().filter(
            dataset=dataset, pk__in=ids[start : start + _LOOKUP_BATCH]
        )
        found |= {pk: label is not None for pk, label in rows.values_list("id", "class_label_id")}
    return found


def _kept(absent: Sequence[NewImage]) -> list[NewImage]:
    """Return those whose file is in the store, where it stays to the end of the transaction."""
    hold_files()
    missing = set(durable.missing([blob_name(each.sha256) for each in absent]))
    return [each for each in absent if blob_name(each.sha256) not in missing]


def _label(user: User, dataset: Dataset, labels: Mapping[uuid.UUID, str], model: str) -> None:
    if not labels:
        return
    classes = ensure_classes(dataset=dataset, names=set(labels.values()))
    set_classes(
        user=user,
        dataset=dataset,
        image_ids=list(labels),
        class_ids=[classes[name].pk for name in labels.values()],
        # No one gave it by hand.
        person_ids=[None] * len(labels),
        at=timezone.now(),
        source=f"{MODEL}{model}"[:_SOURCE_LENGTH],
    )
