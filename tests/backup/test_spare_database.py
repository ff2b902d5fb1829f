"""A database for a while is dropped, whatever still goes on in it."""

import os

import psycopg2
import pytest

from backup.errors import Refused
from backup.spare_database import spare_database
from tests.conftest import wait_until

# Each page costs a tenth of a second, so that vacuuming goes on for minutes.
_SLOW_VACUUM = """
CREATE TABLE much (number int, filler text) WITH (
    autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1
);
INSERT INTO much SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) n;
DELETE FROM much WHERE number % 2 = 0;
"""


def test_connections_that_were_left_open_end_with_it():
    with spare_database(os.environ["DATABASE_URL"]) as url:
        left = psycopg2.connect(url)
        left.cursor().execute("CREATE TABLE something (number int)")
    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        psycopg2.connect(url)
    left.close()


def test_what_the_work_raises_stays_what_it_was():
    """A refusal to make the database is no cover for a refusal of what is done in it."""
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        with spare_database(os.environ["DATABASE_URL"]) as url:
            psycopg2.connect(url).cursor().execute("SET session_replication_role = replica")


def test_a_server_that_is_away_is_refused_by_a_sentence():
    with pytest.raises(Refused, match="does not answer"):
        with spare_database("postgres://loupe@127.0.0.1:1/loupe"):
            pytest.fail("there is no database")


@pytest.mark.slow
def test_autovacuum_does_not_keep_it():
    """The server starts it within a minute; ending it is a superuser's right."""
    with spare_database(os.environ["DATABASE_URL"]) as url:
        connection = psycopg2.connect(url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(_SLOW_VACUUM)

            def is_vacuumed() -> bool:
                cursor.execute(
                    "SELECT 1 FROM pg_stat_progress_vacuum WHERE datname = current_database()"
                )
                return bool(cursor.rowcount)

            wait_until(is_vacuumed, 150)
        connection.close()
    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        psycopg2.connect(url)
