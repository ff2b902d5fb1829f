"""The role of the database that serves, where another one owns the tables."""

from django.db import connection, transaction

# Rows of every table, and nothing that owners may: no TRUNCATE, no DROP, no trigger switched off.
_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "REVOKE UPDATE, DELETE ON accounts_auditentry FROM {role}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
)


@transaction.atomic
def make_serving_role(role: str, password: str) -> None:
    """Make `role`, which may sign in and nothing else, or give it this password.

    Run as a role of the database that may make others.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        name = connection.ops.quote_name(role)
        cursor.execute(f"{verb} ROLE {name} LOGIN PASSWORD %s", [password])


@transaction.atomic
def grant_serving_role(role: str) -> None:
    """Give `role` what serving needs; run as the owner of the tables, after each migration."""
    with connection.cursor() as cursor:
        for statement in _GRANTS:
            cursor.execute(statement.format(role=connection.ops.quote_name(role)))
