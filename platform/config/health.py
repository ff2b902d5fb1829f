"""Liveness and readiness, outside the API and open to everyone."""

import logging

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse

from programs.isolation import is_available

logger = logging.getLogger(__name__)


def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when Postgres and Redis both answer, else 503 with which one does not.

    `details` says what works with less than it could: whether decoders of this machine run without
    network and `/proc` (`programs.isolation`).
    """
    checks = {"postgres": _postgres_answers(), "redis": _redis_answers()}
    healthy = all(checks.values())
    body = {
        "status": "ok" if healthy else "unavailable",
        "checks": checks,
        "details": {"decoders_isolated": is_available()},
    }
    return JsonResponse(body, status=200 if healthy else 503)


def _postgres_answers() -> bool:
    # A fresh one: the one that this thread has kept would wait for ever where a network swallows
    # everything.
    fresh = connection.copy()
    try:
        with fresh.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.warning("Postgres does not answer", exc_info=True)
        return False
    finally:
        fresh.close()
    return True


def _redis_answers() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            client.ping()
    except redis.RedisError:
        logger.warning("Redis does not answer", exc_info=True)
        return False
    return True
