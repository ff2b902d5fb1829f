"""A database that came by every migration is like one that was made in a step."""

import subprocess
import sys

import psycopg2
import pytest
from django.db import connection

from embedded.postgres import PostgresServer
from tests.jobs.workers import environment
from tests.servers import REPOSITORY_DIR

# How far a database of before had come: half of the way.
HALFWAY = ("classifier", "0026_card_texts")
OF_BEFORE = """
import django; django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
executor = MigrationExecutor(connection)
executor.loader = MigrationLoader(connection, replace_migrations=False)
executor.migrate([{halfway}])
"""
CATALOGUE = {
    "columns": """
        SELECT format('%s.%s', attrelid::regclass, attname), format_type(atttypid, atttypmod),
            attnotnull, attidentity::text, attstorage::text, pg_get_expr(adbin, adrelid)
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
            AND attnum > 0 AND NOT attisdropped""",
    # What may not be null, the columns say; its name says when it came.
    "constraints": """
        SELECT format('%s.%s', conrelid::regclass, conname), pg_get_constraintdef(oid),
            condeferrable, condeferred
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'""",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "functions": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace""",
    "triggers": """
        SELECT tgname, translate(pg_get_triggerdef(oid), '()', '')
        FROM pg_trigger WHERE NOT tgisinternal""",
}


def catalogue(cursor) -> dict[str, set[tuple]]:
    """What Postgres knows of the tables."""
    found = {}
    for name, query in CATALOGUE.items():
        cursor.execute(query)
        found[name] = set(cursor.fetchall())
    return found


@pytest.mark.slow
@pytest.mark.django_db
def test_a_database_of_before_becomes_like_a_new_one(tmp_path):
    with connection.cursor() as cursor:
        new = catalogue(cursor)
    with PostgresServer(tmp_path / "postgres", durable=False) as server:
        env = environment(server.owner_url, "redis://unused", tmp_path / "data")
        program = OF_BEFORE.format(halfway=HALFWAY)
        for command in (["-c", program], ["manage.py", "migrate", "--verbosity=0"]):
            subprocess.run([sys.executable, *command], cwd=REPOSITORY_DIR, env=env, check=True)
        database = psycopg2.connect(server.owner_url)
        with database, database.cursor() as cursor:
            upgraded = catalogue(cursor)
        database.close()
    for name, rows in new.items():
        assert upgraded[name] - rows == set()
        assert rows - upgraded[name] == set()
    assert len(new["triggers"]) >= 20
