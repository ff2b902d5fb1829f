"""What `manage.py check --database default` and `manage.py migrate` say about accounts."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections


@register(Tags.database)
def audit_log_is_kept_from_the_role_that_serves(
    app_configs: Sequence[AppConfig] | None = None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Warn where one role of the database both owns the tables and serves."""
    if not databases or "default" not in databases or settings.SERVING_ROLE:
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class"
            " WHERE oid = to_regclass('accounts_auditentry')"
        )
        owned = cursor.fetchone() == (True,)
    if not owned:
        return []
    return [
        Warning(
            "The role of DATABASE_URL owns the tables: who gets SQL past Loupe could empty the "
            "audit log.",
            hint="Serve as another role; docs/operator-guide.md, “The audit log”, says how.",
            id="accounts.W001",
        )
    ]
