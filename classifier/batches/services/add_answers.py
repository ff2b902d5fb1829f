"""Put answers of a batch into a dataset, as classes that a model gave."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.selectors.sharing import require_copyable
from accounts.services import audit
from classifier.batches import kinds
from classifier.batches.errors import CannotPredict
from classifier.batches.selectors.results import acceptable
from classifier.batches.services.locked import locked_batch
from classifier.models import BatchAddition, BatchPrediction, BatchResult, BatchSource
from common.errors import FieldError, Invalid
from datasets.models import Dataset, Image
from datasets.policies import require_editable
from datasets.services.intake.add_images import NewImage
from datasets.services.intake.label_by_model import TakenOver, label_by_model
from jobs.models import TERMINAL, Status
from jobs.services.enqueue import enqueue

# The dataset is locked for the work of so many, about half a second: people who label wait for it.
_PORTION = 1_000


@transaction.atomic
def start_addition(
    *,
    user: User,
    batch: BatchPrediction,
    dataset: Dataset,
    least_probability: float | None = None,
) -> BatchAddition:
    """Queue the job that puts a batch's accepted answers into a dataset.

    Accepted are those whose decision is so; with `least_probability`, those that are as probable,
    whatever was decided. Where the version had no decision, it has to be given. Raises `NotFound`,
    `Forbidden` below editor, `InTrash`, `Invalid` (`other_organization`, `required`), `Conflict`
    (`not_ended`, `no_images`, `under_way`, `too_many_open`), `QuotaExceeded`.
    """
    require_editable(user=user, dataset=dataset)
    _require_one_organization(user, batch, dataset)
    batch = locked_batch(batch)
    _require_accepted(batch, dataset, least_probability)
    addition = BatchAddition(
        batch=batch,
        dataset=dataset,
        dataset_name=dataset.name,
        least_probability=least_probability,
        created_by=user,
    )
    addition.job = enqueue(
        kind=kinds.ADD_BATCH,
        organization=batch.organization,
        created_by=user,
        title=f"Answers of {batch.model_version} into {dataset.name}",
        payload={"batch": str(batch.pk), "addition": str(addition.pk)},
    )
    addition.save()
    audit.record(
        actor=user,
        action="batch_prediction.add",
        target=batch,
        dataset=str(dataset.pk),
        least_probability=least_probability,
    )
    return addition


def _require_accepted(
    batch: BatchPrediction, dataset: Dataset, least_probability: float | None
) -> None:
    """Raise where answers are missing, on their way into the dataset already, or not accepted."""
    if batch.job.status != Status.SUCCEEDED:
        raise CannotPredict(
            "Answers are put into a dataset when all images of the batch have theirs; "
            f"this one is {batch.job.get_status_display().lower()}.",
            code="not_ended",
        )
    if batch.rule is None and least_probability is None:
        detail = (
            f"{batch.model_version} had no decision when this batch began, so none of its answers "
            "is accepted or not. Say how probable an answer must be at least."
        )
        raise Invalid(detail, errors=[FieldError("/least_probability", "required", detail)])
    if batch.additions.exclude(job__status__in=TERMINAL).filter(dataset=dataset).exists():
        raise CannotPredict(
            f"Answers of this batch are on their way into {dataset.name} already.", code="under_way"
        )
    if not acceptable(batch, least_probability).exists():
        raise CannotPredict("No answer of this batch is accepted by that.", code="no_images")


def answer_count(addition: BatchAddition) -> int:
    """Return how many answers are accepted by what the addition asks for."""
    return acceptable(addition.batch, addition.least_probability).count()


def add_portion(*, addition: BatchAddition) -> bool:
    """Take the next answers over, in the caller's transaction; False where none is left.

    The addition's counts, its place and the portion's audit entry go with them: an attempt goes on
    where the last one ended, and the log has each label once, however the job ends. Raises what
    `label_by_model` does.
    """
    batch, dataset, user = addition.batch, addition.dataset, addition.created_by
    if dataset is None or user is None:
        raise CannotPredict("The dataset, or the person who wanted this, is no longer there.")
    _require_one_organization(user, batch, dataset)
    accepted = acceptable(batch, addition.least_probability)
    rows = list(accepted.filter(index__gt=addition.last_index).order_by("index")[:_PORTION])
    if not rows:
        return False
    class_names, new, without_image = _told_apart(rows, dataset)
    before = _taken_before(addition, dataset, new)
    found = label_by_model(
        user=user,
        dataset=dataset,
        model=_name_of(batch),
        class_names=class_names,
        new=[each for each in new if each.sha256 not in before],
    )
    found = found._replace(
        gone=found.gone + without_image,
        copies=found.copies + sum(each.sha256 in before for each in new),
    )
    addition.counts = _added_up(addition.counts, found._asdict())
    addition.last_index = rows[-1].index
    addition.save(update_fields=["counts", "last_index"])
    _tell_log(user, dataset, batch, found)
    return True


def _tell_log(user: User, dataset: Dataset, batch: BatchPrediction, found: TakenOver) -> None:
    audit.record(
        actor=user,
        action="image.label_by_model",
        target=dataset,
        model=_name_of(batch),
        batch=str(batch.pk),
        **found._asdict(),
    )


def _taken_before(addition: BatchAddition, dataset: Dataset, new: list[NewImage]) -> set[str]:
    """Return which of the contents stand in the dataset, and came up in an earlier portion."""
    hashes = {each.sha256 for each in new}
    if not hashes or addition.last_index < 0:
        return set()
    earlier = acceptable(addition.batch, addition.least_probability).filter(
        index__lte=addition.last_index, sha256__in=hashes
    )
    there = Image.objects.alive().filter(dataset=dataset, sha256__in=hashes)
    return set(earlier.values_list("sha256", flat=True)) & set(
        there.values_list("sha256", flat=True)
    )


def counts_of(addition: BatchAddition) -> Mapping[str, int]:
    """Return what became of the answers up to now, by the names of `TakenOver`."""
    return addition.counts or TakenOver(0, 0, 0, 0, 0)._asdict()


def _added_up(counts: Mapping[str, int] | None, further: Mapping[str, int]) -> dict[str, int]:
    """Return the sums of two counts by their names; None counts nothing."""
    return {name: count + (counts or {}).get(name, 0) for name, count in further.items()}


def _told_apart(
    rows: list[BatchResult], dataset: Dataset
) -> tuple[dict[UUID, str], list[NewImage], int]:
    """Return the classes of images of the dataset, the images from elsewhere, how many are gone."""
    class_names: dict[UUID, str] = {}
    new: list[NewImage] = []
    gone = 0
    images = _images_of(rows)
    for row in rows:
        image = images.get(row.image_id) if row.image_id else None
        if image is not None and image.dataset_id == dataset.pk:
            class_names[image.pk] = row.class_name
        elif (described := _described(row, image)) is not None:
            new.append(described)
        else:
            gone += 1
    return class_names, new, gone


def _name_of(batch: BatchPrediction) -> str:
    return f"{batch.model_version}, in a batch of {batch.created_at:%Y-%m-%d}"


def _require_one_organization(user: User, batch: BatchPrediction, dataset: Dataset) -> None:
    """Let images go where they may be: into their own organization, or by leave to copy them."""
    if dataset.organization_id != batch.organization_id:
        detail = (
            f"{dataset.name} belongs to another organization than the batch. Choose a dataset of "
            f"{batch.organization}."
        )
        raise Invalid(detail, errors=[FieldError("/dataset", "other_organization", detail)])
    source = batch.dataset
    if source is None and batch.source != BatchSource.ARCHIVE:
        raise CannotPredict(f"{batch.source_name} was deleted, with its images.", code="no_images")
    if source is not None and source.organization_id != dataset.organization_id:
        require_copyable(user, source.subject, dataset.organization)


def _images_of(rows: list[BatchResult]) -> Mapping[Any, Image]:
    alive = Image.objects.alive().filter(pk__in=[row.image_id for row in rows if row.image_id])
    return alive.in_bulk()


def _described(row: BatchResult, image: Image | None) -> NewImage | None:
    """Return the image as one that is new to a dataset; None where it is gone."""
    if row.file is not None:
        return NewImage(row.name, row.sha256, class_name=row.class_name, **row.file)
    if image is None:
        return None
    return NewImage(
        name=image.name,
        sha256=image.sha256,
        width=image.width,
        height=image.height,
        format=image.format,
        bytes=image.bytes,
        class_name=row.class_name,
        metadata=image.metadata,
    )
