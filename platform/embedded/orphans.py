"""Ends what a run left behind: its own rests at the end, and those of a run that was killed."""

import signal

from embedded.data_folder import DataFolder
from embedded.identity import Identity
from embedded.postgres import PostgresServer
from embedded.processes import (
    command_line,
    is_alive,
    pids_of_another,
    pids_with_environment,
    send,
    wait_until,
)
from embedded.redis import RedisServer
from embedded.supervision import SECONDS_TO_STOP, SUPERVISORD

RUN_VARIABLE = "LOUPE_RUN"
"""The mark in the environment of all processes of one run."""


def end_orphans(folder: DataFolder, identity: Identity) -> None:
    """End every process of the last run on `folder`, in the order of an orderly stop.

    `identity` is the one that the programs run as. They are found by the mark that only they carry,
    not by numbers that others may have by now. PostgreSQL and Redis, which get no environment of
    ours, are found by their command lines.
    """
    redis = RedisServer(folder.redis, socket_dir=folder.run)
    postgres = PostgresServer(folder.postgres, socket_dir=folder.run)
    try:
        mark = folder.run_id.read_text().strip()
    except FileNotFoundError:
        mark = ""
    if mark:
        # Left alone, a supervisord that lost its parent ends its programs in order.
        _end([pid for pid in _marked(mark, identity) if SUPERVISORD in command_line(pid)])
        _end([pid for pid in _marked(mark, identity) if pid != redis.pid])
    redis.stop()
    postgres.stop()


def _end(pids: list[int]) -> None:
    send(pids, signal.SIGTERM)
    if not wait_until(lambda: not any(map(is_alive, pids)), SECONDS_TO_STOP):
        send([pid for pid in pids if is_alive(pid)], signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, pids)), 10)


def _marked(mark: str, identity: Identity) -> list[int]:
    found = pids_with_environment(RUN_VARIABLE, mark)
    if identity.uid is not None:
        theirs = pids_of_another(RUN_VARIABLE, mark, identity.launcher())
        found += [pid for pid in theirs if pid not in found]
    return found
