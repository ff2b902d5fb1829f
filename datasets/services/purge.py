"""Delete for ever what has lain in the trash for 30 days, and files without an image.

Nothing that a frozen version needs goes: an image with samples stays as a row out of every list,
its file with it, and so does a dataset that has versions (the database refuses to delete those).
"""

from collections import defaultdict
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import ShareKind
from accounts.services import audit
from accounts.services.sharing import forget_shares
from datasets.models import BulkEdit, Dataset, DatasetVersion, Image, Sample
from datasets.selectors.trash import expired_before
from datasets.services.intake.adopt_files import discard_files
from datasets.services.vectors.store_vectors import forget_vectors
from datasets.services.vectors.vector_index import leave_out
from storage import scratch

BATCH = 1_000


def purge_trash() -> None:
    """Delete up to 1,000 images that are due, then datasets that are due, as far as they are empty.

    A chore: called often, by any worker; images that another one is deleting are passed over.
    """
    BulkEdit.objects.filter(created_at__lt=expired_before()).delete()
    discard_files(_purge_images(Image.objects.filter(deleted_at__lt=expired_before())))
    datasets = Dataset.objects.filter(deleted_at__lt=expired_before(), purged_at=None)
    for dataset in datasets.select_related("organization"):
        discard_files(_purge_images(Image.objects.filter(dataset=dataset)))
        vectors = scratch.vectors_dir(dataset.pk)
        if _purge_dataset(dataset):
            scratch.remove_tree(vectors)


@transaction.atomic
def _purge_images(due: QuerySet[Image]) -> set[str]:
    """Delete up to 1,000 of the images, or mark those that versions hold; return their contents."""
    held = Exists(Sample.objects.filter(image=OuterRef("pk")))
    rows = (
        due.select_for_update(of=("self",), skip_locked=True)
        .filter(purged_at=None)
        .annotate(held=held)
        .order_by()
        .values_list("pk", "sha256", "dataset_id", "dataset__organization_id", "held")[:BATCH]
    )
    found = list(rows)
    kept = [image_id for image_id, *_, is_held in found if is_held]
    gone = [row[:-1] for row in found if not row[-1]]
    Image.objects.filter(pk__in=kept).update(purged_at=timezone.now())
    Image.objects.filter(pk__in=[image_id for image_id, *_ in gone]).delete()
    contents = defaultdict(set)
    for _, sha256, _, organization_id in gone:
        contents[organization_id].add(sha256)
    for organization_id, hashes in contents.items():
        forget_vectors(organization_id=organization_id, contents=hashes)
    of_dataset = defaultdict(set)
    for image_id, _, dataset_id, _ in gone:
        of_dataset[dataset_id].add(image_id)
    for dataset_id, images in of_dataset.items():
        transaction.on_commit(partial(leave_out, dataset_id, images), robust=True)
    return {sha256 for _, sha256, *_ in gone}


@transaction.atomic
def _purge_dataset(dataset: Dataset) -> bool:
    """Delete a dataset without versions, or mark one that has some, when its images are through.

    Return whether they are.
    """
    dataset.lock()
    if Image.objects.filter(dataset=dataset, purged_at=None).exists():
        return False
    kept = DatasetVersion.objects.filter(dataset=dataset).exists()
    forget_shares(kind=ShareKind.DATASET, subject=dataset.pk)
    audit.record(
        actor=None,
        action="dataset.purge",
        target=dataset,
        name=dataset.name,
        kept_for_versions=kept,
    )
    if kept:
        Dataset.objects.filter(pk=dataset.pk).update(purged_at=timezone.now())
    else:
        dataset.delete()
    return True
