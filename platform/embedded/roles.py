"""The two roles of the embedded PostgreSQL: one owns the tables, the other serves.

`loupe_owner` makes and changes tables, when Loupe starts. `loupe`, as which the web server and the
workers connect, reads and writes rows and no more: SQL that gets past Loupe can neither drop a
table nor switch off the triggers that keep the audit log. The rights themselves are granted after
each migration (accounts/services/serving_role.py).
"""

OWNER, SERVING, DATABASE = "loupe_owner", "loupe", "loupe"


def create_roles(*, owner_password: str, serving_password: str) -> str:
    """Return the SQL that makes both roles and the database, one statement a line."""
    return (
        f"CREATE ROLE {SERVING} LOGIN PASSWORD '{serving_password}';\n"
        f"CREATE ROLE {OWNER} LOGIN CREATEDB PASSWORD '{owner_password}' IN ROLE {SERVING};\n"
        f"CREATE DATABASE {DATABASE} OWNER {OWNER};\n"
    )


def separate_roles(*, owner_password: str) -> str:
    """Return the SQL for a cluster whose one role both owned and served; it may run twice.

    To be run in Loupe's database.
    """
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER}') "
        f"THEN CREATE ROLE {OWNER}; END IF; END $$;\n"
        f"ALTER ROLE {OWNER} LOGIN CREATEDB PASSWORD '{owner_password}';\n"
        f"GRANT {SERVING} TO {OWNER};\n"
        f"REASSIGN OWNED BY {SERVING} TO {OWNER};\n"
        f"ALTER ROLE {SERVING} NOCREATEDB;\n"
    )
