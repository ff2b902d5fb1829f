"""Where the web process leaves images and finds answers: Redis keys that expire by themselves.

Images go through a Redis that keeps nothing; messages, turns and answers through the other one.
"""

import json
import logging
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Self

import redis
from celery import current_app
from django.conf import settings

from classifier.engine.runtime.answer import Answer

logger = logging.getLogger(__name__)
TASK = "classifier.predict"
QUEUE = "predict"
WAIT_SECONDS = 10
KEEP_ANSWER_SECONDS = 30
# A request takes a turn for each of these, so that no person fills the memory where images wait.
BYTES_PER_TURN = 8 << 20
_AT_ONCE_SECONDS = 0.3
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.01, 0.1
# Who is under way stands in a sorted set for each payer, with the time at which that is forgotten:
# a web process that is killed gives nothing back.
_TAKE_TURN = """
local now = tonumber(redis.call('TIME')[1])
for _, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  local taken = redis.call('ZCARD', key)
  if taken > 0 and taken + ARGV[4] > tonumber(ARGV[2]) then return 0 end
end
for _, key in ipairs(KEYS) do
  for number = 1, ARGV[4] do
    redis.call('ZADD', key, now + ARGV[3], ARGV[1] .. ':' .. number)
  end
  redis.call('EXPIRE', key, ARGV[3])
end
return 1
"""


@dataclass(frozen=True)
class Request:
    """What a worker needs to answer, besides the images; times are seconds since the epoch."""

    id: str
    model_version: str
    sha256: str | None
    top_k: int
    sent_at: float
    deadline: float
    payers: tuple[str, ...] = ()

    @classmethod
    def new(
        cls,
        model_version: uuid.UUID,
        sha256: str | None,
        top_k: int,
        payers: tuple[str, ...] = (),
    ) -> Self:
        """Return a request that is answered within `WAIT_SECONDS` or not at all.

        `payers` are the person and the organization whose share of the time it takes.
        """
        now = time.time()
        end = now + WAIT_SECONDS
        return cls(uuid.uuid4().hex, str(model_version), sha256, top_k, now, end, payers)


@cache
def client() -> redis.Redis:
    """Return this process's client; its connections wait longer than an answer may take."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=WAIT_SECONDS + 5, socket_connect_timeout=2
    )


@cache
def images_client() -> redis.Redis:
    """Return this process's client of the Redis that images pass through."""
    return redis.Redis.from_url(
        settings.IMAGES_REDIS_URL, socket_timeout=WAIT_SECONDS, socket_connect_timeout=2
    )


def warn_if_images_are_kept() -> None:
    """Write to the log where the Redis that images pass through writes to disk."""
    try:
        kept = images_client().info("persistence").get("aof_enabled")
    except redis.RedisError as error:
        logger.warning("the Redis of images of predictions does not answer: %s", error)
        return
    if kept:
        logger.warning(
            "images of predictions pass through a Redis with an append-only file, which keeps "
            "them: set LOUPE_IMAGES_REDIS_URL (docs/operator-guide.md)"
        )


def take_turn(request: Request, size: int, meanwhile: Callable[[], object] = int) -> bool:
    """Wait until fewer than `PREDICT_IN_FLIGHT` turns of each payer are taken.

    A request takes one for each 8 MiB that it has begun of its `size` in bytes.
    Where it must wait, `meanwhile` is called first. Returns False where that is not so until the
    deadline; `end_turn` must follow otherwise. Raises `redis.RedisError`.
    """
    keys = [_turns_key(payer) for payer in request.payers]
    turns = size // BYTES_PER_TURN + 1
    arguments = [request.id, settings.PREDICT_IN_FLIGHT, WAIT_SECONDS + 1, turns]
    wait = _FIRST_WAIT_SECONDS
    while not _take_script()(keys, arguments):
        if time.time() + wait > request.deadline:
            return False
        meanwhile()
        time.sleep(wait)
        wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
    return True


def end_turn(request: Request, size: int) -> None:
    """Let the next request of the same payers have its turn."""
    turns = [f"{request.id}:{number}" for number in range(1, size // BYTES_PER_TURN + 2)]
    with client().pipeline(transaction=False) as pipe:
        for payer in request.payers:
            pipe.zrem(_turns_key(payer), *turns)
        pipe.execute()


@cache
def _take_script() -> Any:
    return client().register_script(_TAKE_TURN)


def send(request: Request, images: Sequence[bytes]) -> None:
    """Leave the images and ring for a worker; raises `redis.RedisError` or kombu's errors."""
    with images_client().pipeline(transaction=True) as pipe:
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


def wait(request: Request, meanwhile: Callable[[], object] = int) -> Answer | None:
    """Return the answer, or None when none has come until the deadline.

    Where it does not come at once, `meanwhile` is called first. Raises `Unreadable` for the answer
    of a worker of another version of Loupe.
    """
    found = _answer_within(request, _AT_ONCE_SECONDS)
    if found is None:
        meanwhile()
        found = _answer_within(request, request.deadline - time.time())
    if found is None:
        images_client().delete(_images_key(request.id))
        return None
    return Answer.from_json(json.loads(found[1]))


def _answer_within(request: Request, seconds: float) -> Any:
    return client().blpop([_answer_key(request.id)], timeout=max(0.001, seconds))


def collect(request: Request) -> list[bytes]:
    """Take the images out (a worker's call); empty when they have expired or were taken."""
    key = _images_key(request.id)
    with images_client().pipeline(transaction=True) as pipe:
        pipe.lrange(key, 0, -1)
        pipe.delete(key)
        return pipe.execute()[0]


def reply(request: Request, answer: Answer) -> None:
    """Leave the answer for the web process that waits."""
    key = _answer_key(request.id)
    with client().pipeline(transaction=True) as pipe:
        pipe.rpush(key, json.dumps(answer.to_json()))
        pipe.expire(key, KEEP_ANSWER_SECONDS)
        pipe.execute()


def _turns_key(payer: str) -> str:
    return f"loupe:predict:turns:{payer}"


def _images_key(request_id: str) -> str:
    return f"loupe:predict:{request_id}:images"


def _answer_key(request_id: str) -> str:
    return f"loupe:predict:{request_id}:answer"
