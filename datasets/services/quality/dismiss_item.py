"""A person says that something a quality check found is all right as it is."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from common.errors import NotFound
from datasets.models import QualityItem
from datasets.policies import require_editable


@transaction.atomic
def set_dismissed(*, user: User, item: QualityItem, dismissed: bool) -> QualityItem:
    """Dismiss an item, for later checks that find the same too, or open it again.

    One that no check found, but a person's word alone, is gone when it is opened. Raises
    `NotFound`, `Forbidden` or `InTrash`.
    """
    dataset = item.report.dataset
    require_editable(user=user, dataset=dataset)
    if not QualityItem.objects.select_for_update(of=("self",)).filter(pk=item.pk).first():
        raise NotFound("A newer check no longer finds this.")
    if dismissed == (item.dismissed_at is not None):
        return item
    item.dismissed_at = timezone.now() if dismissed else None
    item.dismissed_by = user if dismissed else None
    if item.by_person and not dismissed:
        QualityItem.objects.filter(pk=item.pk).delete()
    else:
        item.save(update_fields=["dismissed_at", "dismissed_by"])
    audit.record(
        actor=user,
        action="quality.dismiss" if dismissed else "quality.reopen",
        target=dataset,
        kind=item.kind,
        item=str(item.pk),
    )
    return item
