"""Forget a content: what `datasets` keeps of it, in rows, in files, and on each machine.

`classifier.lineage` asks for it, and forgets what models keep; docs/adr/0048 has the decisions.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import compress
from pathlib import Path

import numpy as np
from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from datasets.decoding.pixels.forget import forget_pixels
from datasets.models import (
    Annotation,
    BulkEdit,
    Dataset,
    DatasetMap,
    Forgetting,
    Image,
    ImageFingerprint,
    ImportItem,
    OutOfFold,
    QualityItem,
    QualityMember,
    Sample,
)
from datasets.services import listeners
from datasets.services.intake.adopt_files import discard_files
from datasets.services.intake.held_elsewhere import held_contents
from datasets.services.quality.check_quality import start_quality_check
from datasets.services.vectors.store_vectors import forget_vectors
from datasets.services.vectors.vector_index import forget_index
from storage import durable, scratch
from storage.names import blob_name, thumbnail_name

# What a restore from the trash never reaches: it looks thirty days back.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = "a forgotten image"
_DIGEST_BYTES, _ID_BYTES, _POINT_BYTES = 32, 16, 4
# A machine looks again at what was forgotten so shortly before its last look: work that was under
# way then may have written since.
_AGAIN = timedelta(hours=1)
_MARK = "forgotten-until"
Bytes = bytes | memoryview


def lock_datasets(forgetting: Forgetting) -> list[Dataset]:
    """Lock the datasets that forget the content, in the caller's transaction; return them."""
    datasets = Dataset.objects.filter(pk__in=forgetting.dataset_ids).order_by("pk")
    return list(datasets.select_for_update(of=("self",)).select_related("organization"))


def samples_to_forget(forgetting: Forgetting) -> QuerySet[Sample]:
    """Return the samples of the images that are not forgotten yet."""
    return Sample.objects.kept().filter(image__in=forgetting.image_ids)


def allow_forgetting() -> None:
    """Let the rest of this transaction change what is immutable otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('loupe.forgets', 'on', true)")


def erase_rows(forgetting: Forgetting, datasets: Sequence[Dataset]) -> dict[str, int]:
    """Erase the images' rows, and of those that versions hold name, metadata and all but the hash.

    In the caller's transaction, which has locked the datasets and called `allow_forgetting`. Safe
    to repeat. Returns how many rows of each kind it met.
    """
    images = Image.objects.filter(pk__in=forgetting.image_ids)
    counts = {
        "images": images.filter(forgetting=None).count(),
        "samples": samples_to_forget(forgetting).update(forgotten=True, name="", metadata={}),
        "annotations": Annotation.objects.filter(image__in=images).delete()[0],
        "fingerprints": ImageFingerprint.objects.filter(image__in=images).delete()[0],
        "import_items": ImportItem.objects.filter(image__in=images).update(
            name=_NAME, detail="The image that has the same content was forgotten.", image=None
        ),
    }
    QualityItem.objects.filter(members__image__in=images).delete()
    QualityMember.objects.filter(image__in=images).delete()
    _cut_edits(forgetting)
    for dataset in datasets:
        _cut_map(dataset, forgetting)
        _cut_out_of_fold(dataset, forgetting.sha256)
    held = images.filter(samples__isnull=False).values("pk")
    images.exclude(pk__in=held).delete()
    images.update(
        forgetting=forgetting, name="", metadata={}, class_label=None, bytes=0, width=0, height=0,
        labelled_by=None, labelled_at=None, deleted_at=_LONG_AGO, purged_at=timezone.now(),
    )  # fmt: skip
    for dataset in datasets:
        if dataset.deleted_at is None:
            start_quality_check(user=None, dataset=dataset)
            listeners.labels_changed.announce(user=None, dataset=dataset)
    return counts


def erase_files(forgetting: Forgetting) -> dict[str, int]:
    """Delete the content's files and vectors, where no image needs them. Safe to repeat."""
    wanted = [forgetting.sha256]
    there = len(durable.missing([blob_name(wanted[0])])) == 0
    removed = discard_files(wanted)
    forget_vectors(organization_id=forgetting.organization_id, contents=wanted)
    _drop_previews(forgetting.sha256)
    return {"files": removed if there else 0}


def clean_machine(forgettings: Sequence[Forgetting]) -> int:
    """Take forgotten contents out of what this machine keeps; return how many rows of pixels.

    A content that an image has, of another dataset or organization or imported again, stays.
    Safe to repeat.
    """
    for dataset_id in {pk for each in forgettings for pk in each.dataset_ids}:
        with suppress(FileNotFoundError):
            forget_index(dataset_id)
    asked = {each.sha256 for each in forgettings}
    alive = Image.objects.filter(sha256__in=asked, forgetting=None)
    gone = asked - set(alive.values_list("sha256", flat=True)) - held_contents(asked)
    copies = scratch.copies_dir()
    for sha256 in gone:
        for name in (blob_name(sha256), thumbnail_name(sha256)):
            (copies / name).unlink(missing_ok=True)
    # Training vectors of decisions, of which one may be gone; they are fetched when asked for.
    for path in (copies / "models").glob("*/*.npy"):
        path.unlink(missing_ok=True)
    return forget_pixels(scratch.pixels_dir(), gone) if gone else 0


def clean_this_machine() -> None:
    """Do `clean_machine` for what was forgotten since this machine last looked."""
    mark = scratch.pixels_dir().parent / _MARK
    began = timezone.now()
    rows = Forgetting.objects.exclude(erased_at=None)
    if (last := _time_of(mark)) is not None:
        rows = rows.filter(erased_at__gt=last - _AGAIN)
    clean_machine(list(rows))
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(began.isoformat())


def _time_of(mark: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(mark.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _drop_previews(sha256: str) -> None:
    """Delete what Redis keeps of the image's pixels for a few minutes, and have it forget them."""
    client = cache._cache.get_client(write=True)  # type: ignore[attr-defined]
    keys = list(client.scan_iter(match=f"*augmentation-preview:*{sha256[:16]}*", count=1_000))
    if keys:
        client.delete(*keys)
        # Its append-only file has them until it is written again.
        with suppress(Exception):
            client.bgrewriteaof()


def _cut_edits(forgetting: Forgetting) -> None:
    """Take the images out of what can be undone: it says which class each had before."""
    gone = set(forgetting.image_ids)
    for edit in BulkEdit.objects.filter(image_ids__overlap=forgetting.image_ids):
        kept = [pk not in gone for pk in edit.image_ids]
        for name in ("class_ids", "person_ids", "times"):
            column = getattr(edit, name)
            if len(column) == len(kept):
                setattr(edit, name, list(compress(column, kept)))
        edit.image_ids = list(compress(edit.image_ids, kept))
        edit.rejected_ids = [pk for pk in edit.rejected_ids if pk not in gone]
        edit.save()


def _cut_map(dataset: Dataset, forgetting: Forgetting) -> None:
    row = DatasetMap.objects.filter(dataset=dataset).first()
    if row is None:
        return
    gone = [pk.bytes for pk in forgetting.image_ids]
    row.image_ids, (row.points,) = _without(row.image_ids, _ID_BYTES, gone, (row.points,))
    row.save(update_fields=["image_ids", "points"])


def _cut_out_of_fold(dataset: Dataset, sha256: str) -> None:
    row = OutOfFold.objects.filter(dataset=dataset).first()
    if row is None:
        return
    gone = [bytes.fromhex(sha256)]
    row.contents, (row.probabilities,) = _without(
        row.contents, _DIGEST_BYTES, gone, (row.probabilities,)
    )
    row.save(update_fields=["contents", "probabilities"])


def _without(
    keys: Bytes, width: int, gone: Sequence[bytes], columns: Sequence[Bytes]
) -> tuple[bytes, list[bytes]]:
    """Return keys of `width` bytes each, and the columns beside them, without some of the keys."""
    count = len(keys) // width
    table = np.frombuffer(bytes(keys), f"S{width}") if count else np.empty(0, f"S{width}")
    kept = ~np.isin(table, np.array(list(gone), f"S{width}"))
    parts = [
        np.frombuffer(bytes(each), np.uint8).reshape(count, -1)[kept].tobytes() if count else b""
        for each in columns
    ]
    return table[kept].tobytes(), parts
