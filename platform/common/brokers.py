"""Addresses of one Redis in the dialects of its clients."""


def celery_broker_url(redis_url: str) -> str:
    """Return `redis_url` as Celery's broker expects it.

    redis-py writes a Unix socket as `unix:///path?db=0`, kombu as
    `redis+socket:///path?virtual_host=0`; TCP addresses are the same for both.
    """
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
