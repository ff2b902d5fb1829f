"""Both Redis servers: whether they answer, and keep or forget what they should."""

from collections.abc import Iterator
from typing import Any

import redis
from django.conf import settings

from config.doctor.finding import Finding, Level

PART = "redis"
TIMEOUT_SECONDS = 5
NEARLY_FULL = 0.9


def look_at_messages() -> Iterator[Finding]:
    """Yield whether the Redis of messages answers, then what else is so about it."""
    info, findings = _asked("REDIS_URL", settings.REDIS_URL)
    yield from findings
    if info:
        yield from _of_messages(info)


def look_at_images() -> Iterator[Finding]:
    """Yield what is so about the Redis through which images of predictions pass."""
    if settings.IMAGES_REDIS_URL == settings.REDIS_URL:
        yield Finding(
            PART,
            Level.WARNING,
            "Images of predictions pass through the Redis of REDIS_URL.",
            "Its append-only file keeps them on disk, and a flood of them delays its messages.",
            "Start a second Redis that writes nothing to disk, and name it in "
            "LOUPE_IMAGES_REDIS_URL.",
        )
        return
    info, findings = _asked("LOUPE_IMAGES_REDIS_URL", settings.IMAGES_REDIS_URL)
    yield from findings
    if info:
        yield from _of_images(info)


def _asked(name: str, url: str) -> tuple[dict[str, Any], list[Finding]]:
    """Return what the server says of itself, and the findings that hold for each Redis."""
    try:
        with redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        ) as client:
            info: Any = client.info()
    except redis.RedisError as error:
        wrong = Finding(
            PART,
            Level.FAULT,
            f"The Redis of {name} does not answer: {error}",
            "New jobs start late and no prediction is answered.",
            f"Start it (`make run` starts the embedded one), or correct {name}.",
        )
        return {}, [wrong]
    findings = [Finding(PART, Level.OK, f"The Redis of {name} ({info['redis_version']}) answers.")]
    policy = info.get("maxmemory_policy", "")
    if policy not in ("", "noeviction"):
        findings.append(
            Finding(
                PART,
                Level.FAULT,
                f"The Redis of {name} throws keys away when it is full ({policy}).",
                "Messages, sessions or images of predictions vanish without an error.",
                "Set maxmemory-policy noeviction in its redis.conf, and at once: "
                "redis-cli CONFIG SET maxmemory-policy noeviction",
            )
        )
    if info.get("maxmemory") and info["used_memory"] > NEARLY_FULL * info["maxmemory"]:
        findings.append(
            Finding(
                PART,
                Level.WARNING,
                f"The Redis of {name} holds {info['used_memory'] >> 20} of "
                f"{info['maxmemory'] >> 20} MiB.",
                "Full, it refuses what comes.",
                "Give it a larger maxmemory, or look for workers that do not run.",
            )
        )
    return info, findings


def _of_messages(info: dict[str, Any]) -> Iterator[Finding]:
    if not info.get("aof_enabled"):
        yield Finding(
            PART,
            Level.WARNING,
            "The Redis of REDIS_URL keeps no append-only file.",
            "After its restart jobs are rung for again within a minute, but live progress and the "
            "counts of wrong passwords are gone.",
            "Set appendonly yes in its redis.conf.",
        )


def _of_images(info: dict[str, Any]) -> Iterator[Finding]:
    if info.get("aof_enabled"):
        yield Finding(
            PART,
            Level.WARNING,
            "The Redis of LOUPE_IMAGES_REDIS_URL keeps an append-only file.",
            "Images of predictions are written to its disk, where people expect none.",
            'Set appendonly no and save "" in its redis.conf.',
        )
    if not info.get("maxmemory"):
        yield Finding(
            PART,
            Level.WARNING,
            "The Redis of LOUPE_IMAGES_REDIS_URL has no bound of memory.",
            "A flood of large predictions takes the memory of its machine.",
            "Set maxmemory 512mb in its redis.conf.",
        )
