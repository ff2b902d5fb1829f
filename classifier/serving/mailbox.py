"""Where the web process leaves images and finds answers: Redis keys that expire by themselves."""

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Self

import redis
from celery import current_app
from django.conf import settings

TASK = "classifier.predict"
QUEUE = "predict"
WAIT_SECONDS = 10
KEEP_ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Request:
    """What a worker needs to answer, besides the images; times are seconds since the epoch."""

    id: str
    model_version: str
    sha256: str | None
    top_k: int
    sent_at: float
    deadline: float

    @classmethod
    def new(cls, model_version: uuid.UUID, sha256: str | None, top_k: int) -> Self:
        """Return a request that is answered within `WAIT_SECONDS` or not at all."""
        now = time.time()
        return cls(uuid.uuid4().hex, str(model_version), sha256, top_k, now, now + WAIT_SECONDS)


@cache
def client() -> redis.Redis:
    """Return this process's client; its connections wait longer than an answer may take."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=WAIT_SECONDS + 5, socket_connect_timeout=2
    )


def send(request: Request, images: Sequence[bytes]) -> None:
    """Leave the images and ring for a worker; raises `redis.RedisError` or kombu's errors."""
    with client().pipeline(transaction=True) as pipe:
        pipe.rpush(_images_key(request.id), *images)
        pipe.expire(_images_key(request.id), WAIT_SECONDS)
        pipe.execute()
    current_app.send_task(
        TASK,
        args=[asdict(request)],
        argsrepr=request.id,
        queue=QUEUE,
        expires=WAIT_SECONDS,
        retry=False,
    )


def wait(request: Request) -> dict[str, Any] | None:
    """Return the answer, or None when none has come until the deadline."""
    remaining = max(0.001, request.deadline - time.time())
    found = client().blpop([_answer_key(request.id)], timeout=remaining)
    if found is None:
        client().delete(_images_key(request.id))
        return None
    return json.loads(found[1])


def collect(request: Request) -> list[bytes]:
    """Take the images out (a worker's call); empty when they have expired or were taken."""
    key = _images_key(request.id)
    with client().pipeline(transaction=True) as pipe:
        pipe.lrange(key, 0, -1)
        pipe.delete(key)
        return pipe.execute()[0]


def reply(request: Request, answer: dict[str, Any]) -> None:
    """Leave the answer for whoever waits."""
    key = _answer_key(request.id)
    with client().pipeline(transaction=True) as pipe:
        pipe.rpush(key, json.dumps(answer))
        pipe.expire(key, KEEP_ANSWER_SECONDS)
        pipe.execute()


def _images_key(request_id: str) -> str:
    return f"loupe:predict:{request_id}:images"


def _answer_key(request_id: str) -> str:
    return f"loupe:predict:{request_id}:answer"
