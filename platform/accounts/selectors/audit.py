"""The audit log as lines of JSON, and what of it is past its time."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import AuditEntry


def entries_before(keep_days: int) -> QuerySet[AuditEntry]:
    """Return the entries older than `keep_days` days, oldest first."""
    return _in_order().filter(created_at__lt=timezone.now() - timedelta(days=keep_days))


def json_lines(since: datetime | None = None, until: datetime | None = None) -> Iterator[str]:
    """Yield one JSON object for each entry from `since` to before `until`, oldest first."""
    entries = _in_order().select_related("organization")
    if since is not None:
        entries = entries.filter(created_at__gte=since)
    if until is not None:
        entries = entries.filter(created_at__lt=until)
    for entry in entries.iterator(chunk_size=2000):
        yield json.dumps(_values(entry), cls=DjangoJSONEncoder, ensure_ascii=False)


def _in_order() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.order_by("created_at", "id")


def _values(entry: AuditEntry) -> dict[str, object]:
    # The organization may be gone; the log keeps its id.
    organization = entry.organization if entry.organization_id else None
    return {
        "id": entry.pk,
        "created_at": entry.created_at,
        "actor": entry.actor_name,
        "actor_id": entry.actor_id,
        "address": entry.address,
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "organization": organization.slug if organization else None,
        "organization_id": entry.organization_id,
        "detail": entry.detail,
    }
