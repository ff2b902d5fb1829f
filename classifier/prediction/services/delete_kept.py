"""Delete kept images: by people, when their time is over, and the oldest when room runs out.

Rows go first, files after the commit; a file that a dying process leaves is found by the sweep.
"""

import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.models import KeptPrediction, Prediction, PredictionKeeping
from common.errors import Invalid, NotFound
from storage import durable
from storage.names import kept_folders, prediction_of

MOST_AT_ONCE = 1_000
# A worker writes a file up to ten seconds before its row is there.
_RESIDUE = timedelta(hours=1)
_SWEPT_TOGETHER = 1_000


@transaction.atomic
def delete_kept(
    *, user: User, organization: Organization, prediction_ids: Sequence[uuid.UUID]
) -> int:
    """Delete predictions with their images, names, answers and feedback, for ever.

    Editors and above may. Up to 1,000; returns how many. Raises `NotFound` where one of them is
    not there, and then deletes none; `Invalid`, `Forbidden`.
    """
    require_role(user=user, organization=organization, role=Role.EDITOR)
    wanted = set(prediction_ids)
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise Invalid(f"Name 1 to {MOST_AT_ONCE:,} predictions; received {len(wanted):,}.")
    rows = KeptPrediction.objects.filter(
        organization=organization, prediction__in=wanted, deleted_at=None
    )
    found = list(rows.select_for_update(of=("self",)))
    if len(found) < len(wanted):
        missing = len(wanted) - len(found)
        raise NotFound(
            f"{missing:,} of the predictions are not among those that {organization} keeps. "
            "Nothing was deleted."
        )
    audit.record(
        actor=user, action="prediction.delete", target=organization, predictions=len(found)
    )
    _delete_with_answers(found)
    return len(found)


@transaction.atomic
def delete_all_kept(*, user: User, organization: Organization) -> int:
    """Delete all predictions whose images are kept, as `delete_kept` does; return how many.

    From now on no one sees them; the chore removes them, with their files, within minutes. Admins
    and above may; raises `Forbidden`, `NotFound`.
    """
    require_role(user=user, organization=organization, role=Role.ADMIN)
    rows = KeptPrediction.objects.filter(organization=organization, deleted_at=None)
    count = rows.update(deleted_at=timezone.now())
    if count:
        audit.record(
            actor=user, action="prediction.delete_all", target=organization, predictions=count
        )
        transaction.on_commit(purge_kept, robust=True)
    return count


def purge_kept() -> None:
    """Delete up to 1,000 images that people have deleted, 1,000 that have expired, and what is
    past the limits of organizations. A chore; several at a time pass each other over."""
    with transaction.atomic():
        _delete_with_answers(_held(KeptPrediction.objects.exclude(deleted_at=None)))
    with transaction.atomic():
        _delete_images(_held(KeptPrediction.objects.filter(expires_at__lte=timezone.now())))
    taken = (
        PredictionKeeping.objects.filter(enabled=True)
        .annotate(taken=Sum("organization__kept_predictions__bytes"))
        .filter(taken__gt=F("max_bytes"))
    )
    for organization_id in taken.values_list("organization", flat=True):
        make_room(organization_id)


@transaction.atomic
def make_room(organization_id: uuid.UUID) -> int:
    """Delete the oldest images of an organization that take more than it may; return how many.

    Others who make room for it wait.
    """
    rows = PredictionKeeping.objects.select_for_update().filter(
        organization=organization_id, enabled=True
    )
    keeping = rows.first()
    if keeping is None:
        return 0
    kept = KeptPrediction.objects.filter(organization=organization_id)
    past = (kept.aggregate(total=Sum("bytes"))["total"] or 0) - keeping.max_bytes
    found = []
    if past > 0:
        sizes = kept.order_by("created_at", "id").values_list("pk", "bytes")
        goes = []
        for pk, size in sizes.iterator(MOST_AT_ONCE):
            goes.append(pk)
            past -= size
            if past <= 0:
                break
        found = _held(kept.filter(pk__in=goes), len(goes))
        _delete_images(found)
    if found:
        PredictionKeeping.objects.filter(pk=keeping.pk).update(
            pushed_out=F("pushed_out") + len(found)
        )
    return len(found)


def sweep_kept_files() -> None:
    """Delete files of an hour ago and before that no row needs: their answer was never given.

    A chore, hourly.
    """
    before = time.time() - _RESIDUE.total_seconds()
    for folder in kept_folders():
        old = [file.name for file in durable.files_in(folder) if file.modified < before]
        for start in range(0, len(old), _SWEPT_TOGETHER):
            of = {name: prediction_of(name) for name in old[start : start + _SWEPT_TOGETHER]}
            rows = KeptPrediction.objects.filter(prediction__in=filter(None, of.values()))
            needed = set(rows.values_list("prediction", flat=True))
            durable.delete_files(name for name, owner in of.items() if owner not in needed)


def delete_files_of(kept: Sequence[KeptPrediction]) -> None:
    """Delete the files of rows that go in the caller's transaction, once it has ended well."""
    names = [name for each in kept for name in each.file_names]
    if names:
        transaction.on_commit(partial(durable.delete_files, names), robust=True)


def _held(rows: QuerySet[KeptPrediction], most: int = MOST_AT_ONCE) -> list[KeptPrediction]:
    return list(
        rows.select_for_update(of=("self",), skip_locked=True).order_by("created_at")[:most]
    )


def _delete_with_answers(kept: Sequence[KeptPrediction]) -> None:
    Prediction.objects.filter(pk__in=[each.prediction_id for each in kept]).delete()
    delete_files_of(kept)


def _delete_images(kept: Sequence[KeptPrediction]) -> None:
    KeptPrediction.objects.filter(pk__in=[each.pk for each in kept]).delete()
    delete_files_of(kept)
