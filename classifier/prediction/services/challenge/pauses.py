"""Which challengers a web process leaves alone, as they failed or were too slow for a client."""

import logging
import threading
import time
import uuid
from collections.abc import Sequence

import redis

from accounts.models import User
from classifier.engine.errors import Unreadable
from classifier.models import Challenge
from classifier.prediction.services.challenge.ask_aside import ask_aside
from classifier.registry.errors import NothingServed
from common.connections import give_connection_back
from common.errors import NotFound

logger = logging.getLogger(__name__)
# The challenger has so long for a call; then the champion is asked.
CHALLENGER_SECONDS = 2.0
# One that is left alone is tried so often.
TRY_SECONDS = 60.0


class Pauses:
    """Which challenges this process leaves alone; safe to use from threads.

    A pause ends when the challenger has answered in time while no client waited.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_try: dict[uuid.UUID, float] = {}

    def begin(self, challenge: uuid.UUID) -> None:
        """Leave it alone; it is to be tried after `TRY_SECONDS`."""
        with self._lock:
            self._next_try[challenge] = time.monotonic() + TRY_SECONDS

    def holds(self, challenge: uuid.UUID) -> bool:
        """Whether it is left alone."""
        return challenge in self._next_try

    def takes_try(self, challenge: uuid.UUID) -> bool:
        """Whether the caller is to try it now: one caller each time."""
        with self._lock:
            now = time.monotonic()
            if now < self._next_try.get(challenge, now + 1):
                return False
            self._next_try[challenge] = now + TRY_SECONDS
            return True

    def end(self, challenge: uuid.UUID) -> None:
        """Let calls ask it again."""
        with self._lock:
            self._next_try.pop(challenge, None)


pauses = Pauses()


def try_aside(challenge: Challenge, user: User, contents: Sequence[bytes]) -> None:
    """Try a challenger that is left alone about the images of a call, in a thread of its own.

    The champion answers the call; what the challenger says is not kept.
    """
    threading.Thread(
        target=_try, args=(challenge, user, contents), name="challenger", daemon=True
    ).start()


def _try(challenge: Challenge, user: User, contents: Sequence[bytes]) -> None:
    try:
        # The first answer may have waited until the model was loaded.
        if any(answers_in_time(challenge, user, contents) for _ in range(2)):
            pauses.end(challenge.pk)
    except Exception:  # the boundary of this thread
        logger.exception("a challenger that is left alone could not be tried")
    finally:
        give_connection_back()


def answers_in_time(challenge: Challenge, user: User, contents: Sequence[bytes]) -> bool:
    """Whether the challenger answers within the time that it has for a call."""
    began = time.monotonic()
    try:
        answer = ask_aside(challenge, user, contents)
    except (NothingServed, NotFound, redis.RedisError, OSError, Unreadable):
        return False
    if answer is None or answer.error is not None:
        return False
    return time.monotonic() - began <= CHALLENGER_SECONDS
