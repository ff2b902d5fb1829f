"""Where one process waits for all answers to what it has sent, in one list and one thread."""

import logging
import threading
import time
import uuid
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from functools import cache
from typing import Any

import redis

from classifier.engine.errors import Unreadable
from classifier.engine.runtime.answer import Answer
from classifier.prediction.serving import mailbox

logger = logging.getLogger(__name__)
_LISTEN_SECONDS = 5.0
_PAUSE_SECONDS = 0.5


class AnswerPost:
    """Hands each answer to who waits for it; what comes too late is dropped."""

    def __init__(self) -> None:
        self.address = f"loupe:predict:answers:{uuid.uuid4().hex}"
        self._waiting: dict[str, Future[Answer]] = {}
        threading.Thread(target=self._listen, name="answers", daemon=True).start()

    def expect(self, request: mailbox.Request) -> "Future[Answer]":
        """Return what will hold the answer; the request must name this address."""
        answer: Future[Answer] = Future()
        self._waiting[request.id] = answer
        return answer

    def forget(self, request: mailbox.Request) -> None:
        """Wait no longer."""
        self._waiting.pop(request.id, None)

    def _listen(self) -> None:
        while True:
            try:
                found = mailbox.next_answer(self.address, _LISTEN_SECONDS)
            except redis.RedisError as error:
                logger.warning("answers of predictions cannot be read: %s", error)
                time.sleep(_PAUSE_SECONDS)
                continue
            if found is not None:
                self._hand_over(*found)

    def _hand_over(self, request_id: str, values: Any) -> None:
        waiting = self._waiting.pop(request_id, None)
        if waiting is None:
            return
        with suppress(InvalidStateError):  # given up in this moment
            try:
                waiting.set_result(Answer.from_json(values))
            except Unreadable as error:
                waiting.set_exception(error)


@cache
def answer_post() -> AnswerPost:
    """Return this process's."""
    return AnswerPost()
