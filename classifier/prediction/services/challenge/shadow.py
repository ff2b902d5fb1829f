"""Have the challenger answer in the shadow: after the champion's answer was given, on the kept
image, one at a time in this process.

What does not fit into the queue, or waits too long in it, is dropped: its row stays without an
answer, and the comparison counts it. So does what a process that ends has not come to.
"""

import logging
import queue
import threading
import time
import uuid
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import redis

from accounts.models import User
from classifier.engine.errors import Unreadable
from classifier.models import Challenge, ChallengeAnswer
from classifier.prediction.services.challenge.ask_aside import ask_aside
from classifier.registry.errors import NothingServed
from common.connections import give_connection_back
from common.errors import NotFound
from storage import durable
from storage.names import kept_name

logger = logging.getLogger(__name__)
MOST_WAITING = 64
LONGEST_WAIT_SECONDS = 30.0
_LONGEST_CLASS = 200


class Shadow(NamedTuple):
    """A row of a challenge to fill, who has asked, and since when it waits (`time.monotonic()`)."""

    row: uuid.UUID
    prediction: uuid.UUID
    challenge: Challenge
    user: User
    since: float


class ShadowQueue:
    """What this process has still to ask in the shadow."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._waiting: queue.Queue[Shadow] = queue.Queue(most)
        threading.Thread(target=self._serve, name="shadow", daemon=True).start()

    def add(self, shadows: Sequence[Shadow]) -> int:
        """Ask about these later; return how many are dropped as too many wait."""
        dropped = 0
        for shadow in shadows:
            try:
                self._waiting.put_nowait(shadow)
            except queue.Full:
                dropped += 1
        return dropped

    def _serve(self) -> None:
        while True:
            shadow = self._waiting.get()
            try:
                if time.monotonic() - shadow.since < LONGEST_WAIT_SECONDS:
                    answer_shadow(shadow)
            except Exception:  # the boundary of this thread: the next must have its turn
                logger.exception("a challenger could not answer in the shadow")
            finally:
                give_connection_back()


@cache
def shadows() -> ShadowQueue:
    """Return this process's."""
    return ShadowQueue()


def shadows_of(rows: Sequence[ChallengeAnswer], challenge: Challenge, user: User) -> list[Shadow]:
    """Return what is to be asked in the shadow of these answers to `user`."""
    now = time.monotonic()
    return [Shadow(row.pk, row.prediction_id, challenge, user, now) for row in rows]


def answer_shadow(shadow: Shadow) -> None:
    """Ask the challenger about the kept image and write down what it says, or why it does not."""
    rows = ChallengeAnswer.objects.filter(pk=shadow.row)
    began = time.monotonic()
    try:
        content = durable.read(kept_name(shadow.prediction, 0))
        answer = ask_aside(shadow.challenge, shadow.user, [content])
    except FileNotFoundError:
        rows.update(problem="not_kept")
        return
    except (NothingServed, NotFound):
        rows.update(problem="nothing_served")
        return
    except (redis.RedisError, OSError, Unreadable):
        rows.update(problem="no_worker")
        return
    if answer is None:
        rows.update(problem="no_worker")
        return
    result = answer.images[0] if answer.images else None
    fault = answer.error or (result.fault if result else None)
    if fault is not None or result is None or result.answer is None:
        rows.update(problem=(fault.code if fault else "no_answer")[:40])
        return
    rows.update(
        shadow_answer=result.answer.to_json(),
        shadow_class=result.answer.classes[0].class_name[:_LONGEST_CLASS],
        shadow_milliseconds=round((time.monotonic() - began) * 1000, 3),
    )
