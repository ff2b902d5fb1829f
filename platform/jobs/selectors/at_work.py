"""Whether this installation is at work anywhere, for what must not happen beside it."""

import redis
from django.conf import settings
from django.db import OperationalError

from jobs.models import Job, Status

_NAMED = 5


def at_work() -> list[str]:
    """Return what is at work, as parts of a sentence: jobs, and programs that talk to Redis.

    Every web server and worker holds connections to Redis. Where neither Postgres nor Redis
    answers, nothing of Loupe can be at work.
    """
    return [*_running_jobs(), *_connected()]


def _running_jobs() -> list[str]:
    running = Job.objects.filter(status=Status.RUNNING).order_by("started_at")
    try:
        count = running.count()
        titles = list(running.values_list("title", flat=True)[:_NAMED])
    except OperationalError:
        return []
    if not count:
        return []
    more = f" and {count - len(titles):,} more" if count > len(titles) else ""
    return [f"jobs that run: {', '.join(titles)}{more}"]


def _connected() -> list[str]:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        own = client.client_id()
        database = str(client.connection_pool.connection_kwargs.get("db", 0))
        others = [
            each["addr"].rpartition(":")[0] or "this machine"
            for each in client.client_list()
            if int(each["id"]) != own and each["db"] == database
        ]
    except redis.ConnectionError:
        return []
    finally:
        client.close()
    if not others:
        return []
    hosts = ", ".join(sorted(set(others)))
    return [f"programs with {len(others)} connections to Redis, from {hosts}"]
