"""Copy a dataset, or one of its versions, into an organization: the rows; files are shared."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.quotas import Quota
from accounts.selectors.sharing import require_copyable
from accounts.services import audit
from accounts.services.quotas import take
from common.copy_rows import copy_rows
from common.names import require_name
from datasets import kinds
from datasets.licences import MOST_WORDS, OTHER
from datasets.models import Annotation, ClassLabel, Dataset, DatasetCopy, Image, ImageFingerprint
from datasets.policies import require_alive
from datasets.selectors.copying import CopyPlan, Source, checked_mapping, plan_of, rows_to_copy
from datasets.selectors.licences import licences_in, licences_of
from datasets.services import listeners
from datasets.services.intake.adopt_files import hold_files
from datasets.services.labelling.classes import ensure_classes
from datasets.services.quality.check_quality import start_quality_check
from jobs.services.enqueue import enqueue

NAME_LENGTH = 120
_NAMESPACE = uuid.UUID("8e3f0a55-6b1e-4f35-9f0a-2f6f5a3b7c11")
_COLUMNS = (
    "id", "dataset_id", "sha256", "name", "class_label_id", "split", "width", "height", "format",
    "bytes", "metadata", "created_at", "excluded_at",
)  # fmt: skip
_NOTES = ("id", "created_at", "image_id", "class_label_id", "class_name", "previous_class_name",
          "source")  # fmt: skip
_MEASURED = [
    field.column for field in ImageFingerprint._meta.local_fields
    if field.name not in ("image", "group")
]  # fmt: skip
_FINGERPRINTS = f"""
INSERT INTO datasets_imagefingerprint (image_id, {", ".join(f'"{c}"' for c in _MEASURED)})
SELECT pair.made, {", ".join(f'known."{c}"' for c in _MEASURED)}
FROM unnest(%(origins)s::uuid[], %(made)s::uuid[]) AS pair (origin, made)
JOIN datasets_imagefingerprint AS known ON known.image_id = pair.origin
"""  # noqa: S608
_VECTORS = """
INSERT INTO datasets_vector (organization_id, sha256, space_id, vector)
SELECT %(to)s, sha256, space_id, vector FROM datasets_vector
WHERE organization_id = %(from)s AND sha256 = ANY(%(contents)s)
ON CONFLICT DO NOTHING
"""


@transaction.atomic
def start_copy(
    *,
    user: User,
    source: Source,
    organization: Organization,
    name: str = "",
    class_mapping: Mapping[str, str] | None = None,
) -> DatasetCopy:
    """Queue a copy into a new dataset of `organization`, called as the source where not given.

    `class_mapping` says what classes are called in the copy: two of one name are merged, an empty
    one is left out. Raises `NotFound`, `Forbidden`, `InTrash`, `Invalid`, `Unprocessable`,
    `QuotaExceeded`, `Conflict` (`too_many_open`).
    """
    check_copy(user=user, source=source, organization=organization)
    mapping = checked_mapping(source, class_mapping or {})
    _take(organization, plan_of(source, mapping))
    copy = DatasetCopy(
        organization=organization,
        name=require_name(name.strip() or source.dataset.name, NAME_LENGTH),
        source_organization=source.dataset.organization.name,
        source_name=source.dataset.name,
        source_dataset=source.dataset.pk,
        source_version=source.version.pk if source.version else None,
        source_number=source.version.number if source.version else None,
        class_mapping=mapping,
        created_by=user,
    )
    copy.job = enqueue(
        kind=kinds.COPY_DATASET,
        organization=organization,
        created_by=user,
        title=f"Copy of {copy.source}",
        payload={"copy": str(copy.pk)},
    )
    copy.save()
    audit.record(actor=user, action="dataset.copy_start", target=copy, source=copy.source)
    return copy


@transaction.atomic
def check_copy(*, user: User, source: Source, organization: Organization) -> None:
    """Return where `user` may copy this into the organization; raises as `start_copy`."""
    require_copyable(user, source.dataset.subject, organization)
    require_alive(dataset=source.dataset)


def make_copy(
    *, copy: DatasetCopy, source: Source, on_progress: Callable[[int, int], None]
) -> Dataset:
    """Make the dataset, in the transaction that ends the job: all of it, or nothing.

    Images point at the files that are there; they count for the new owner. Who may copy is asked
    again, and once more at the end, so that to end the sharing waits for no rows. Raises as
    `start_copy`, and what `on_progress` raises.
    """
    user, organization = copy.created_by, copy.organization
    require_copyable(user, source.dataset.subject, organization)
    hold_files()
    # Classes may be called otherwise since it was asked for.
    mapping = checked_mapping(source, copy.class_mapping)
    plan = plan_of(source, mapping)
    _take(organization, plan)
    dataset = Dataset.objects.create(
        id=uuid.uuid5(_NAMESPACE, str(copy.pk)),
        organization=organization,
        name=copy.name,
        description=source.dataset.description,
        created_by=user,
        **_licence(source),
    )
    labels = _make_classes(dataset, source, plan)
    done = 0
    for block in rows_to_copy(source, mapping):
        _copy_block(copy, source, dataset, labels, block, done)
        done += len(block)
        on_progress(done, plan.images)
        require_copyable(user, source.dataset.subject, organization)
    copy.dataset = dataset
    copy.counts = {"images": done, "classes": len(labels), "bytes": plan.bytes}
    copy.save(update_fields=["dataset", "counts"])
    _record(copy, source, dataset)
    start_quality_check(user=user, dataset=dataset)
    listeners.images_added.announce(user=user, dataset=dataset)
    require_copyable(user, source.dataset.subject, organization, hold=True)
    return dataset


def _licence(source: Source) -> dict[str, str]:
    """Return the licence of the copy: the source's where all its images have one, all in words
    where they differ, and none where some state none: that gap is for a person to fill."""
    if source.version is not None:
        found = [each.licence for each in licences_of([source.version])]
    else:
        found = [each.licence for each in licences_in(source.dataset)]
    if len(found) == 1:
        return {"licence": found[0].name, "licence_text": found[0].words}
    if not all(each.stated for each in found):
        return {}
    words = "; ".join(each.words or each.name for each in found)
    return {"licence": OTHER, "licence_text": words[:MOST_WORDS]} if found else {}


def _take(organization: Organization, plan: CopyPlan) -> None:
    amounts = {Quota.DATASETS: 1, Quota.IMAGES: plan.images, Quota.BYTES: plan.bytes}
    take(organization=organization, amounts=amounts)


def _make_classes(dataset: Dataset, source: Source, plan: CopyPlan) -> dict[str, ClassLabel]:
    """Make the classes, each with the note of the first that it is made of."""
    labels = ensure_classes(dataset=dataset, names=plan.targets)
    notes = {
        label.name: label
        for label in ClassLabel.objects.filter(dataset=source.dataset)
        if label.has_note
    }
    for each in plan.classes:
        note, label = notes.get(each.class_name), labels.get(each.target)
        if note is not None and label is not None and not label.has_note:
            label.description, label.link = note.description, note.link
            label.save(update_fields=["description", "link"])
    return labels


def _copy_block(
    copy: DatasetCopy,
    source: Source,
    dataset: Dataset,
    labels: Mapping[str, ClassLabel],
    block: Sequence[tuple[Any, ...]],
    done: int,
) -> None:
    now = timezone.now()
    images, notes, origins, made = [], [], [], []
    text = f"copied from {copy.source}"[:300]
    for number, row in enumerate(block):
        origin, sha256, name, metadata, class_name, target, split, excluded, *facts = row
        image_id = uuid.uuid4()
        label = labels[target].pk if target else None
        # Distinct times keep cursor pages exact and images in the order of the source.
        created_at = now + timedelta(microseconds=done + number)
        images.append((image_id, dataset.pk, sha256, name, label, split, *facts, metadata,
                       created_at, now if excluded else None))  # fmt: skip
        if target:
            before = class_name if class_name != target else ""
            notes.append((uuid.uuid4(), now, image_id, label, target, before, text))
        origins.append(str(origin))
        made.append(str(image_id))
    copy_rows(Image, _COLUMNS, images)
    copy_rows(Annotation, _NOTES, notes)
    contents = list({row[1] for row in block})
    ends = {"from": str(source.dataset.organization_id), "to": str(copy.organization_id)}
    with connection.cursor() as cursor:
        cursor.execute(_FINGERPRINTS, {"origins": origins, "made": made})
        cursor.execute(_VECTORS, {**ends, "contents": contents})


def _record(copy: DatasetCopy, source: Source, dataset: Dataset) -> None:
    """Write it into both audit logs."""
    facts = {"source": copy.source, "class_mapping": copy.class_mapping, **(copy.counts or {})}
    audit.record(actor=copy.created_by, action="dataset.copy", target=dataset, **facts)
    if source.dataset.organization_id != copy.organization_id:
        audit.record(
            actor=copy.created_by,
            action="dataset.copied_away",
            target=source.dataset,
            to=copy.organization.slug,
            version=copy.source_number,
            images=(copy.counts or {}).get("images"),
        )
