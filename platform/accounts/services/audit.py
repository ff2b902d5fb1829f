"""The audit log, written inside the use case's own transaction."""

from typing import Any

from django.db import connection, models, transaction

from accounts.models import AuditEntry, Organization, User
from accounts.querysets import TenantQuerySet
from accounts.selectors.audit import entries_before
from common.origin import client_address


def record(*, actor: User | None, action: str, target: models.Model, **detail: Any) -> AuditEntry:
    """Add one entry: `action` is noun.verb (`dataset.create`), `detail` is JSON-serialisable.

    The organization that the target belongs to and the client's address go into it by themselves.
    """
    # By `_meta`: the target may be Django's lazy `request.user`.
    rows = target._meta.model._default_manager.all()
    organization = rows.organization_of(target) if isinstance(rows, TenantQuerySet) else None
    return _add(actor, action, target, organization, detail)


def _add(
    actor: User | None,
    action: str,
    target: models.Model,
    organization: Organization | None,
    detail: dict[str, Any],
) -> AuditEntry:
    return AuditEntry.objects.create(
        actor=actor,
        actor_name=actor.get_username() if actor else "system",
        organization=organization,
        action=action,
        object_type=target._meta.label_lower,
        object_id=str(target.pk),
        address=client_address(),
        detail=detail,
    )


@transaction.atomic
def prune(*, keep_days: int) -> int:
    """Delete the entries older than `keep_days` days; return how many, which the log then says.

    Only the role that owns the table may: the database refuses it to everybody else, with
    `ProgrammingError`.
    """
    old = entries_before(keep_days)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry DISABLE TRIGGER audit_is_append_only")
        newest = old.last()
        count, _ = old.delete()
        cursor.execute("ALTER TABLE accounts_auditentry ENABLE TRIGGER audit_is_append_only")
    if newest is None:
        return 0
    # Of the installation, whichever organization the newest entry is about.
    _add(None, "audit.prune", newest, None, {"entries": count, "keep_days": keep_days})
    return count
