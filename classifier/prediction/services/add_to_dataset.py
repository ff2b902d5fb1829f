"""Let the kept images of a prediction go into a dataset, each with the class that a person gave."""

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from classifier.models import KeptImage, KeptPrediction
from common.errors import Conflict, FieldError, Invalid, NotFound, Unprocessable
from datasets.models import Dataset, Image
from datasets.models.annotation import FEEDBACK
from datasets.policies import require_editable
from datasets.services.intake.upload_images import upload_images
from datasets.services.labelling.annotate import annotate
from storage import durable


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
    `NotFound` where the file is gone, and what an upload raises.
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
    ids = [image.pk for image in there] + _uploaded(user, dataset, missing)
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


def _uploaded(user: User, dataset: Dataset, files: list[KeptImage]) -> list[uuid.UUID]:
    if not files:
        return []
    uploads = []
    for each in {file.sha256: file for file in files}.values():
        try:
            content = durable.read(each.file)
        except FileNotFoundError:
            raise NotFound("The file of this image is gone from the store.") from None
        uploads.append(SimpleUploadedFile(each.name, content))
    ids = []
    for answer in upload_images(user=user, dataset=dataset, files=uploads):
        if answer.id is None:
            raise Unprocessable(answer.detail, code=answer.code)
        ids.append(answer.id)
    return ids
