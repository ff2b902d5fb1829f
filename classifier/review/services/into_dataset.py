"""Images of predictions and batches that go into a dataset with the class that a person gave."""

from collections.abc import Collection, Mapping
from typing import Any, cast

from accounts.models import User
from accounts.selectors.sharing import require_copyable
from classifier.models import BatchResult, ReviewItem
from common.errors import Conflict, FieldError, Invalid, NotFound
from datasets.models import Dataset, Image
from datasets.models.annotation import REVIEW
from datasets.policies import require_editable
from datasets.services import listeners
from datasets.services.intake.add_images import NewImage, add_images
from datasets.services.intake.adopt_files import adopt_files
from datasets.services.labelling.annotate import annotate
from datasets.services.quality.check_quality import start_quality_check
from datasets.services.trash import trash_image


def classes_before(dataset: Dataset | None, contents: Collection[str]) -> dict[str, str]:
    """Return which images of a dataset have one of the contents, and the class of each."""
    rows = Image.objects.alive().filter(dataset=dataset, sha256__in=contents)
    found = rows.values_list("pk", "class_label__name")
    return {str(image_id): name or "" for image_id, name in found}


def changes(images: Collection[Image], before: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what has become of images that a dataset has now, as `ReviewItem.undo` keeps it."""
    return [
        {
            "id": str(image.pk),
            "added": str(image.pk) not in before,
            "class_name": before.get(str(image.pk), ""),
        }
        for image in images
    ]


def place_result(
    user: User, item: ReviewItem, name: str, dataset: Dataset | None
) -> dict[str, Any]:
    """Label the image of a batch's result, in the caller's transaction; return what an undo needs.

    Where it is an image of a dataset of the organization, and no other is named, it is labelled
    there; one of an archive, or of a shared dataset, goes into `dataset`. A content that is there
    already gets no second row. Raises `Invalid` (`required`, `other_organization`), `Conflict`
    (`labelled_otherwise`, `changed_meanwhile`), `NotFound`, `Forbidden`, `InTrash`,
    `QuotaExceeded`.
    """
    result = cast(BatchResult, item.batch_result)
    source = result.image
    own = source is not None and source.dataset.organization_id == item.organization_id
    if dataset is None and source is not None and own:
        dataset = source.dataset
    if dataset is None:
        detail = (
            "This image is in no dataset of yours: name the dataset that it goes into, or the "
            "answer would be lost with the batch."
        )
        raise Invalid(detail, errors=[FieldError("/add_to_dataset", "required", detail)])
    require_editable(user=user, dataset=dataset)
    _require_own(item, dataset)
    if source is not None and source.dataset_id == dataset.pk:
        was = item.given_class.name if item.given_class else ""
        annotate(
            user=user,
            dataset=dataset,
            class_names={source.pk: name},
            expected={source.pk: was} if own else None,
            source=REVIEW,
        )
        return {"images": [{"id": str(source.pk), "added": False, "class_name": was}]}
    if source is not None and source.dataset.organization_id != dataset.organization_id:
        require_copyable(user, source.dataset.subject, dataset.organization)
    return {"images": changes(*_placed(user, dataset, _new_image(result), name))}


def take_out(user: User, item: ReviewItem) -> None:
    """Undo what an answer did to images: new ones go to the trash, others get their class back.

    Raises `Conflict` (`changed_meanwhile`) where one has another class by now.
    """
    changed = {each["id"]: each for each in item.undo.get("images", [])}
    rows = Image.objects.alive().filter(pk__in=changed).select_related("dataset__organization")
    for image in rows:
        entry = changed[str(image.pk)]
        if entry["added"] and (image.labelled_by_id != user.pk or image.samples.exists()):
            raise Conflict(
                f"{image.name} came into {image.dataset.name} by your answer, and has been used "
                "since: change it there.",
                code="changed_meanwhile",
            )
        annotate(
            user=user,
            dataset=image.dataset,
            class_names={image.pk: entry["class_name"]},
            expected={image.pk: item.class_name},
            source=REVIEW,
        )
        if entry["added"]:
            trash_image(user=user, image=image)


def _require_own(item: ReviewItem, dataset: Dataset) -> None:
    if dataset.organization_id != item.organization_id:
        detail = (
            f"{dataset.name} belongs to another organization. Choose a dataset of "
            f"{item.organization}."
        )
        raise Invalid(detail, errors=[FieldError("/add_to_dataset", "other_organization", detail)])


def _new_image(result: BatchResult) -> NewImage:
    source = result.image
    if result.file is not None:
        return NewImage(name=result.name, sha256=result.sha256, **result.file)
    if source is None or source.deleted_at is not None:
        raise NotFound("The image of this answer is gone.")
    return NewImage(
        name=source.name,
        sha256=source.sha256,
        width=source.width,
        height=source.height,
        format=source.format,
        bytes=source.bytes,
        metadata=source.metadata,
    )


def _placed(
    user: User, dataset: Dataset, new: NewImage, name: str
) -> tuple[list[Image], dict[str, str]]:
    dataset.lock()
    before = classes_before(dataset, [new.sha256])
    others = {was for was in before.values() if was and was != name}
    if others:
        raise Conflict(
            f"{dataset.name} has this image already, as {', '.join(sorted(others))} and not as "
            f"{name}. Nothing was changed.",
            code="labelled_otherwise",
            hint="Look at it there, and change its class if it is wrong.",
        )
    if not before:
        # Its file is in the store: the batch has it, or the dataset it came from.
        add_images(dataset=dataset, images=[new], duplicates="skip")
        if adopt_files([], [new]):
            raise NotFound("The file of this image is gone from the store.")
        start_quality_check(user=user, dataset=dataset)
        listeners.images_added.announce(user=user, dataset=dataset)
    images = list(Image.objects.alive().filter(dataset=dataset, sha256=new.sha256))
    annotate(
        user=user,
        dataset=dataset,
        class_names=dict.fromkeys([image.pk for image in images], name),
        source=REVIEW,
    )
    return images, before
