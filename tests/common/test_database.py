"""How Loupe's connections to Postgres are set up."""

from django.db import connection


def test_the_server_lets_go_of_clients_that_have_vanished(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, source FROM pg_settings WHERE name LIKE 'tcp_keepalives_%'")
        # On a socket file they have no effect, but the server has taken them.
        assert dict(cursor.fetchall()) == {
            "tcp_keepalives_idle": "client",
            "tcp_keepalives_interval": "client",
            "tcp_keepalives_count": "client",
        }
