"""Whether this installation is at work anywhere, for what must not happen beside it."""

import redis
from django.conf import settings
from django.db import Error

from jobs.models import Job, Status

_NAMED = 5


def at_work() -> list[str]:
    """Return what may be at work, as parts of a sentence: jobs, and programs that talk to Redis.

    Every web server and worker holds connections to Redis; programs that are not Loupe's may, too.
    A server that cannot be asked is one of the parts: nothing is known then.
    """
    return [*_running_jobs(), *_connected()]


def _running_jobs() -> list[str]:
    running = Job.objects.filter(status=Status.RUNNING).order_by("started_at")
    try:
        count = running.count()
        titles = list(running.values_list("title", flat=True)[:_NAMED])
    except Error as error:
        return [f"Postgres does not say which jobs run ({type(error).__name__})"]
    if not count:
        return []
    more = f" and {count - len(titles):,} more" if count > len(titles) else ""
    return [f"jobs that run: {', '.join(titles)}{more}"]


def _connected() -> list[str]:
    try:
        others = _other_clients()
    except redis.RedisError as error:
        return [f"Redis does not say which programs are connected ({type(error).__name__})"]
    if not others:
        return []
    hosts = ", ".join(sorted(set(others)))
    return [f"programs with {len(others)} connections to Redis, from {hosts}"]


def _other_clients() -> list[str]:
    """Return the host of each other connection to this installation's database of Redis."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    with client:
        own = client.client_id()
        database = str(client.connection_pool.connection_kwargs.get("db", 0))
        return [
            each["addr"].rpartition(":")[0] or "this machine"
            for each in client.client_list()
            if int(each["id"]) != own and each["db"] == database
        ]
