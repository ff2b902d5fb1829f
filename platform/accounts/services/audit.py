"""The audit log, written inside the use case's own transaction."""

from typing import Any

from django.db import models

from accounts.models import AuditEntry, Organization, User


def record(
    *,
    actor: User | None,
    action: str,
    target: models.Model,
    organization: Organization | None,
    **detail: Any,
) -> AuditEntry:
    """Add one entry: `action` is noun.verb (`dataset.create`), `detail` is JSON-serialisable."""
    return AuditEntry.objects.create(
        actor=actor,
        actor_name=actor.get_username() if actor else "system",
        organization=organization,
        action=action,
        object_type=target._meta.label_lower,
        object_id=str(target.pk),
        detail=detail,
    )
