"""Postgres's connections are scarce: who waits long holds none."""

from django.db import connection


def give_connection_back() -> None:
    """Close this thread's connection, unless a transaction is open; the next query opens one."""
    if not connection.in_atomic_block:
        connection.close()
