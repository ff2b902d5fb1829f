"""Where this process waits for the answers to what it has sent, and keeps them.

One thread reads them, in whatever order workers give them. All that are there at a time are stored
in one statement; who asked gets theirs after its commit, so that an id that is given out exists.
"""

import logging
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import Future
from functools import cache
from typing import Any, NamedTuple

import redis
from django.db import Error as DatabaseError

from classifier.engine.errors import Unreadable
from classifier.engine.runtime.answer import Answer
from classifier.prediction.services.answers import Answers
from classifier.prediction.services.keep import Asked, keep_together
from classifier.prediction.serving import mailbox

logger = logging.getLogger(__name__)
_LISTEN_SECONDS = 5.0
_PAUSE_SECONDS = 0.5
_MOST_AT_ONCE = 64


class _Waiting(NamedTuple):
    asked: Asked
    answers: "Future[Answers | None]"


class AnswerPost:
    """Hands the answers to who waits for them; what comes too late is dropped."""

    def __init__(self) -> None:
        self.address = f"loupe:predict:answers:{uuid.uuid4().hex}"
        self._waiting: dict[str, _Waiting] = {}
        threading.Thread(target=self._listen, name="answers", daemon=True).start()

    def expect(self, asked: Asked) -> "Future[Answers | None]":
        """Return what will hold the answers, None for an error; the request must name `address`."""
        answers: Future[Answers | None] = Future()
        self._waiting[asked.request.id] = _Waiting(asked, answers)
        return answers

    def forget(self, request: mailbox.Request) -> None:
        """Wait no longer."""
        self._waiting.pop(request.id, None)

    def _listen(self) -> None:
        while True:
            most = min(_MOST_AT_ONCE, max(1, len(self._waiting)))
            try:
                self._hand_over(mailbox.next_answers(self.address, _LISTEN_SECONDS, most))
            except redis.RedisError as error:
                logger.warning("answers of predictions cannot be read: %s", error)
                time.sleep(_PAUSE_SECONDS)
            except Exception:  # the boundary of this thread: who waits gives up in time
                logger.exception("answers of predictions were lost")

    def _hand_over(self, found: Sequence[tuple[str, Any]]) -> None:
        ready: list[tuple[_Waiting, Answer]] = []
        for request_id, values in found:
            waiting = self._waiting.pop(request_id, None)
            # Who has given up in this moment is left out.
            if waiting is None or not waiting.answers.set_running_or_notify_cancel():
                continue
            if answer := _right_answer(waiting.asked.request, values):
                ready.append((waiting, answer))
            else:
                waiting.answers.set_result(None)
        kept = keep_together([(waiting.asked, answer) for waiting, answer in ready])
        for (waiting, _), answers in zip(ready, kept, strict=True):
            waiting.answers.set_result(None if isinstance(answers, DatabaseError) else answers)


def _right_answer(request: mailbox.Request, values: Any) -> Answer | None:
    """Return the answer, None where it says what went wrong, or cannot be read."""
    try:
        answer = mailbox.answer_to(request, values)
    except Unreadable:
        return None
    return None if answer.error else answer


@cache
def answer_post() -> AnswerPost:
    """Return this process's."""
    return AnswerPost()
