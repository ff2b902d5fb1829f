"""Let the kept images of a prediction go into a dataset, each with the class that a person gave."""

import hashlib
import json
import uuid

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.models import KeptImage, KeptPrediction
from common.errors import Conflict, FieldError, Invalid, NotFound
from common.thumbnails import may_be_own_thumbnail
from datasets.models import Dataset, Duplicates, Image
from datasets.models.annotation import FEEDBACK
from datasets.policies import require_editable
from datasets.services import listeners
from datasets.services.intake.add_images import NewImage, add_images
from datasets.services.intake.adopt_files import adopt_files
from datasets.services.intake.upload_images import JOURNAL, discard_journal
from datasets.services.labelling.annotate import annotate
from datasets.services.quality.check_quality import start_quality_check
from storage import durable, scratch
from storage.names import blob_name, kept_thumbnail_name, thumbnail_name


def add_to_dataset(
    *,
    user: User,
    kept: KeptPrediction,
    dataset: Dataset,
    class_name: str,
    source: str = FEEDBACK,
) -> list[Image]:
    """Return the images of the dataset that the prediction's have become, all of this class.

    Each annotation says by `source` that it was given as feedback, or in review. A content that is
    there already gets no second row. Raises `Invalid` for a dataset of another organization than
    asked, `Conflict` (`labelled_otherwise`) where a person has given the image another class there,
    `NotFound` where the file is gone, `QuotaExceeded`.
    """
    require_editable(user=user, dataset=dataset)
    if dataset.organization_id != kept.organization_id:
        detail = (
            f"{dataset.name} belongs to another organization than the prediction: its image stays "
            f"with {kept.organization}. Choose a dataset of {kept.organization}."
        )
        raise Invalid(detail, errors=[FieldError("/add_to_dataset", "other_organization", detail)])
    there = _images_there(dataset, kept)
    _require_no_other_class(there, kept, class_name)
    missing = [each for each in kept.files if each.sha256 not in {i.sha256 for i in there}]
    ids = [image.pk for image in there] + _taken_in(user, dataset, missing)
    annotate(user=user, dataset=dataset, class_names=dict.fromkeys(ids, class_name), source=source)
    return list(Image.objects.filter(pk__in=ids))


def _images_there(dataset: Dataset, kept: KeptPrediction) -> list[Image]:
    """Return one image for each content that the dataset has, of several one with a class."""
    rows = Image.objects.alive().filter(dataset=dataset, sha256__in=kept.contents)
    found: dict[str, Image] = {}
    for image in rows.select_related("class_label").order_by("-class_label", "created_at", "id"):
        if image.sha256 not in found or found[image.sha256].class_label is None:
            found[image.sha256] = image
    return list(found.values())


def _require_no_other_class(there: list[Image], kept: KeptPrediction, class_name: str) -> None:
    feedback = getattr(kept.prediction, "feedback", None)
    ours = set(feedback.images.values_list("pk", flat=True)) if feedback else set()
    for image in there:
        label = image.class_label
        if label is not None and label.name != class_name and image.pk not in ours:
            raise Conflict(
                f"{image.dataset} has this image already, as {label.name!r} and not as "
                f"{class_name!r}. Nothing was changed.",
                code="labelled_otherwise",
                hint="Look at it there, and change its class if it is wrong.",
            )


def _taken_in(user: User, dataset: Dataset, files: list[KeptImage]) -> list[uuid.UUID]:
    """Add files to the dataset: they were decoded and cleaned when they were kept."""
    if not files:
        return []
    with scratch.request_dir() as folder:
        # The sweep reads this when it finds the folder after a crash.
        (folder / JOURNAL).write_text(json.dumps([each.sha256 for each in files]))
        try:
            images = [_stored(each) for each in {file.sha256: file for file in files}.values()]
            return _rows(user, dataset, images)
        except BaseException:
            discard_journal(folder)
            raise


def _stored(file: KeptImage) -> NewImage:
    """Put a copy where images of datasets lie, unless it is there.

    The hash was told by a process that decodes strangers' bytes, and names a place that all
    organizations share: it is worked out here. Raises `NotFound` where the file is gone, or another
    than was kept, or has lost its thumbnail.
    """
    try:
        content = durable.read(file.file)
        thumbnail = _thumbnail(file)
    except FileNotFoundError:
        raise NotFound("The file of this image is gone from the store.") from None
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise NotFound("The file of this image is not the one that was kept.")
    wanted = {blob_name(file.sha256): content, thumbnail_name(file.sha256): thumbnail}
    for name in durable.missing([name for name, each in wanted.items() if each]):
        durable.write(name, [wanted[name]])
    return NewImage(
        name=file.name,
        sha256=file.sha256,
        width=file.width,
        height=file.height,
        format=file.format,
        bytes=len(content),
        thumbnail_bytes=len(thumbnail),
    )


def _thumbnail(file: KeptImage) -> bytes:
    """Return the thumbnail, empty where the file is its own; raises `FileNotFoundError`."""
    try:
        return durable.read(kept_thumbnail_name(file.file))
    except FileNotFoundError:
        if not may_be_own_thumbnail(width=file.width, height=file.height, size=file.bytes):
            raise
        return b""


@transaction.atomic
def _rows(user: User, dataset: Dataset, images: list[NewImage]) -> list[uuid.UUID]:
    added = add_images(dataset=dataset, images=images, duplicates=Duplicates.SKIP)
    if adopt_files([], images):
        raise Conflict("Files were removed while these came in. Try again.")
    if added.new_count:
        start_quality_check(user=user, dataset=dataset)
        listeners.images_added.announce(user=user, dataset=dataset)
    audit.record(actor=user, action="image.upload", target=dataset, images=added.new_count)
    return [image_id for image_id, _ in added.outcomes]
