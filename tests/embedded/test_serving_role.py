"""A migration makes the role that serves, where the owner is told its password, as compose does."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest

from embedded.options import REPOSITORY
from embedded.postgres import PostgresServer
from embedded.roles import DATABASE, OWNER

ROLE = "loupe web"  # a name that wants its quotes


def migrate(server: PostgresServer, folder: Path, password: str) -> None:
    """Migrate as the owner, as far as the tables of accounts."""
    environment = os.environ | {
        "DATABASE_URL": server.owner_url,
        "LOUPE_DATA_DIR": str(folder / "data"),
        "LOUPE_SERVING_ROLE": ROLE,
        "LOUPE_SERVING_PASSWORD": password,
    }
    command = [
        sys.executable,
        str(REPOSITORY / "manage.py"),
        "migrate",
        "accounts",
        "--verbosity=0",
    ]
    subprocess.run(command, env=environment, check=True)


def test_it_is_made_and_given_another_password_and_owns_nothing(folder: Path) -> None:
    server = PostgresServer(folder / "postgres", durable=False)
    identity = server.prepare()
    server._run_sql(identity, server.cluster, DATABASE, f"ALTER ROLE {OWNER} CREATEROLE;\n")
    with server:
        # Not by a URL from the server: that one's roles are others.
        owner, _, place = server.owner_url.partition("@")
        assert owner.startswith(f"postgres://{OWNER}:")

        def connected(password: str):
            return psycopg2.connect(f"postgres://{quote(ROLE)}:{password}@{place}")

        migrate(server, folder, "first-'one")
        migrate(server, folder, "second")
        with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
            connected(quote("first-'one"))
        connection = connected("second")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounts_user")
            for refused in (
                "UPDATE accounts_auditentry SET action = 'x'",
                "DROP TABLE accounts_user",
                "TRUNCATE accounts_auditentry",
                "CREATE ROLE another",
            ):
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(refused)
        connection.close()
