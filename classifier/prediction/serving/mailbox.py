"""Where requests wait for a predict worker and answers for the web process.

All of it lies in a Redis that writes nothing to disk, under keys that expire by themselves. A
request has one id in the queue and its images under a key of its own; an answer goes to the list
that its request names.

The clocks of two machines may differ by minutes. So no moment is sent: what is left of a request's
time is what its key has still to live, and an answer says how long its request had waited.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import cache
from typing import Any, NamedTuple

import msgspec
import redis
from django.conf import settings

from classifier.engine.runtime.answer import Answer
from classifier.prediction.serving.frames import pack, unpack
from classifier.prediction.serving.request import WAIT_SECONDS, Request

logger = logging.getLogger(__name__)
QUEUE = "loupe:predict:queue"
KEEP_ANSWER_SECONDS = 30
# A worker looks so often whether it is to stop.
LISTEN_SECONDS = 3.0
# How long a worker that says nothing more counts as one that takes requests.
ALIVE_SECONDS = 30
_WORKERS = "loupe:predict:worker:"
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.01, 0.1
# Who is under way stands in a sorted set for each payer, with the time at which that is forgotten:
# a web process that is killed gives nothing back. Keys: of the payers' turns, then of the message
# and the queue, where there is one to send. Arguments: id, turns allowed, their seconds, turns
# wanted, the message's milliseconds, the message.
_TAKE_TURN = """
local now = tonumber(redis.call('TIME')[1])
local payers = #ARGV == 6 and #KEYS - 2 or #KEYS
for i = 1, payers do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  local taken = redis.call('ZCARD', KEYS[i])
  if taken > 0 and taken + ARGV[4] > tonumber(ARGV[2]) then return 0 end
end
for i = 1, payers do
  for number = 1, ARGV[4] do
    redis.call('ZADD', KEYS[i], now + ARGV[3], ARGV[1] .. ':' .. number)
  end
  redis.call('EXPIRE', KEYS[i], ARGV[3])
end
if payers < #KEYS then
  redis.call('SET', KEYS[#KEYS - 1], ARGV[6], 'PX', ARGV[5])
  redis.call('RPUSH', KEYS[#KEYS], ARGV[1])
  redis.call('EXPIRE', KEYS[#KEYS], 60)
end
return 1
"""
# Leaves an answer (where there is one), ends its turns, and takes the next request. Keys: of the
# queue, of the answers, of the payers' turns. Arguments: the answer, its seconds, the turns to end;
# `no more` for who takes none. Returns the message and the milliseconds that are left to answer it.
_ANSWER_AND_TAKE = """
if #KEYS > 1 then
  redis.call('RPUSH', KEYS[2], ARGV[1])
  redis.call('EXPIRE', KEYS[2], ARGV[2])
  for i = 3, #KEYS do
    redis.call('ZREM', KEYS[i], unpack(ARGV, 3))
  end
end
if ARGV[#ARGV] == 'no more' then return false end
while true do
  local id = redis.call('LPOP', KEYS[1])
  if not id then return false end
  local key = 'loupe:predict:' .. id .. ':images'
  local left = redis.call('PTTL', key)
  local message = redis.call('GETDEL', key)
  if message then return {message, left} end
end
"""


class Taken(NamedTuple):
    """A request as a worker takes it."""

    request: Request
    images: list[bytes]


@cache
def client() -> redis.Redis:
    """Return this process's client."""
    return redis.Redis.from_url(
        settings.IMAGES_REDIS_URL, socket_timeout=5, socket_connect_timeout=2
    )


@cache
def _listener() -> redis.Redis:
    """Return the client whose connections wait for as long as an answer may take."""
    return redis.Redis.from_url(
        settings.IMAGES_REDIS_URL, socket_timeout=WAIT_SECONDS + 5, socket_connect_timeout=2
    )


def warn_if_images_are_kept() -> None:
    """Write to the log where the Redis that images pass through writes to disk."""
    try:
        kept = client().info("persistence").get("aof_enabled")
    except redis.RedisError as error:
        logger.warning("the Redis of images of predictions does not answer: %s", error)
        return
    if kept:
        logger.warning(
            "images of predictions pass through a Redis with an append-only file, which keeps "
            "them: set LOUPE_IMAGES_REDIS_URL (docs/operator-guide.md)"
        )


def take_turn(request: Request, meanwhile: Callable[[], object] = int) -> bool:
    """Wait until fewer than `PREDICT_IN_FLIGHT` turns of each payer are taken.

    Where it must wait, `meanwhile` is called first. Returns False where that is not so until the
    deadline; otherwise its turns end with the answer, or by `end_turn`. Raises `redis.RedisError`.
    """
    wait = _FIRST_WAIT_SECONDS
    while not _take(request, [], []):
        if time.time() + wait > request.deadline:
            return False
        meanwhile()
        time.sleep(wait)
        wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
    return True


def send_if_turn(request: Request, images: Sequence[bytes]) -> bool:
    """Take the turns and leave the images, in one step; False, and nothing, where none is free.

    Raises `redis.RedisError`.
    """
    message = pack(asdict(request), images)
    return _take(request, [_images_key(request.id), QUEUE], [_milliseconds_left(request), message])


def _take(request: Request, keys: list[str], arguments: list[Any]) -> bool:
    turns = [_turns_key(payer) for payer in request.payers]
    allowed = [request.id, settings.PREDICT_IN_FLIGHT, WAIT_SECONDS + 1, request.turns]
    return bool(_script(_TAKE_TURN)([*turns, *keys], [*allowed, *arguments]))


def end_turn(request: Request) -> None:
    """Let the next request of the same payers have its turn; drop what still waits."""
    with client().pipeline(transaction=False) as pipe:
        pipe.delete(_images_key(request.id))
        for payer in request.payers:
            pipe.zrem(_turns_key(payer), *_turns(request))
        pipe.execute()


def send(request: Request, images: Sequence[bytes]) -> None:
    """Leave the images for a worker; raises `redis.RedisError`."""
    with client().pipeline(transaction=True) as pipe:
        message = pack(asdict(request), images)
        pipe.set(_images_key(request.id), message, px=_milliseconds_left(request))
        pipe.rpush(QUEUE, request.id)
        pipe.expire(QUEUE, 60)
        pipe.execute()


def wait(request: Request, seconds: float) -> Answer | None:
    """Return the answer of a request with a list of its own, None when none comes in time.

    Raises `Unreadable` for the answer of a worker of another version of Loupe.
    """
    found = next_answers(request.answers, seconds)
    return answer_to(request, found[0][1]) if found else None


def answer_to(request: Request, values: Any) -> Answer:
    """Return an answer of `next_answers`, its times on this machine's clock.

    Raises `Unreadable` for the answer of a worker of another version of Loupe.
    """
    answer = Answer.from_json(values)
    return replace(answer, started_at=request.sent_at + answer.started_at)


def next_answers(answers: str, seconds: float, most: int = 1) -> list[tuple[str, Any]]:
    """Return what a list holds, each answer after the id of its request.

    Takes what is there, `most` in all, or waits for one. Empty where none comes. Raises
    `redis.RedisError`.
    """
    found: Any = client().lpop(answers, most) if most > 1 else None
    if not found:
        came: Any = _listener().blpop([answers], timeout=max(0.001, seconds))
        found = came[1:] if came else []
    headers = [unpack(message)[0] for message in found]
    return [(header["id"], header["answer"]) for header in headers]


def reply(request: Request, answer: Answer) -> None:
    """Leave the answer and end the request's turns (a worker's call); raises `redis.RedisError`."""
    keys, arguments = _left(request, answer)
    _script(_ANSWER_AND_TAKE)([QUEUE, *keys], [*arguments, "no more"])


def reply_and_take(request: Request, answer: Answer) -> Taken | None:
    """Do `reply` and, in the same step, `take`."""
    keys, arguments = _left(request, answer)
    return _next([QUEUE, *keys], arguments)


def take() -> Taken | None:
    """Return the next request (a worker's call), None where none comes for `LISTEN_SECONDS`.

    Raises `redis.RedisError`.
    """
    return _next([QUEUE], [])


def say_alive(worker: str) -> None:
    """Note for `ALIVE_SECONDS` that this worker takes requests; raises `redis.RedisError`."""
    client().set(f"{_WORKERS}{worker}", b"", ex=ALIVE_SECONDS)


def workers() -> list[str]:
    """Return the names of workers that take requests; raises `redis.RedisError`."""
    keys = client().scan_iter(f"{_WORKERS}*")
    return [key.decode().removeprefix(_WORKERS) for key in keys]


def _left(request: Request, answer: Answer) -> tuple[list[str], list[Any]]:
    waited = max(0.0, answer.started_at - request.sent_at)
    told = replace(answer, started_at=waited)
    message = pack({"id": request.id, "answer": told.to_json()})
    keys = [request.answers, *(_turns_key(payer) for payer in request.payers)]
    return keys, [message, KEEP_ANSWER_SECONDS, *_turns(request)]


def _next(keys: list[str], arguments: list[Any]) -> Taken | None:
    found: Any = _script(_ANSWER_AND_TAKE)(keys, arguments)
    if found is None:
        rung: Any = _listener().blpop([QUEUE], timeout=LISTEN_SECONDS)
        found = _left_behind(rung[1].decode()) if rung else None
    if found is None or found[0] is None:
        return None
    message, milliseconds = found
    header, images = unpack(message)
    try:
        return Taken(_by_this_clock(msgspec.convert(header, Request), milliseconds), images)
    except msgspec.ValidationError as error:
        logger.error("a web server of another version of Loupe asks for a prediction: %s", error)
        return None


def _left_behind(request_id: str) -> list[Any]:
    """Take a message, and the milliseconds that it had still to live."""
    with client().pipeline(transaction=True) as pipe:
        pipe.pttl(_images_key(request_id))
        pipe.getdel(_images_key(request_id))
        milliseconds, message = pipe.execute()
    return [message, milliseconds]


def _by_this_clock(request: Request, milliseconds: int) -> Request:
    deadline = time.time() + milliseconds / 1000
    patience = request.deadline - request.sent_at
    return replace(request, sent_at=deadline - patience, deadline=deadline)


def _milliseconds_left(request: Request) -> int:
    return max(1, round((request.deadline - time.time()) * 1000))


@cache
def _script(text: str) -> Any:
    return client().register_script(text)


def _turns(request: Request) -> list[str]:
    return [f"{request.id}:{number}" for number in range(1, request.turns + 1)]


def _turns_key(payer: str) -> str:
    return f"loupe:predict:turns:{payer}"


def _images_key(request_id: str) -> str:
    return f"loupe:predict:{request_id}:images"
