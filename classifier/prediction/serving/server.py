"""Keeps one model process alive and finds out which image killed it."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from classifier.engine.explain.methods import Wish
from classifier.engine.runtime.answer import Answer, Fault, ImageResult
from classifier.prediction.serving.frames import OVERDUE, Header, Overdue
from classifier.prediction.serving.model_process import PROGRAM, ModelProcess, ProcessDied
from programs.launch import Program

logger = logging.getLogger(__name__)
_CRASHED = Fault(
    code="decoder_crashed",
    detail="This file made the image decoder crash. Save the image again or take it out.",
)
# From the deadline on; by then a process that works has said that it is past.
GRACE_SECONDS = 10.0
_MODEL_CRASHED = Fault(
    code="model_crashed", detail="The model process ended while it loaded this model."
)


@dataclass(frozen=True)
class ModelFile:
    """The file that answers, and the hash it must have."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class Judgement:
    """What is said beside the classes: as `rules.rule_header` and `mailbox.Request` have it.

    `clean`: the file without its metadata, too.
    """

    rule: Header | None = None
    set_least: float | None = None
    evidence: int = 0
    each_class: bool = False
    explain: Wish | None = None
    clean: bool = False


class ModelServer:
    """Answers requests from the model process, which is started again when it has died.

    When it dies, every request in flight is asked again alone, image by image: so the image that
    kills it is known, and all others get their answer.
    """

    def __init__(self, program: Program = PROGRAM, grace: float = GRACE_SECONDS) -> None:
        self._program = program
        self._grace = grace
        self._starting = threading.Lock()
        self._process: ModelProcess | None = None
        self._turn = threading.Condition()
        self._together = 0
        self._alone = False

    @property
    def pid(self) -> int | None:
        """The process id of the model process, None before the first request."""
        return self._process.pid if self._process else None

    def answer(
        self,
        model: ModelFile,
        files: Sequence[bytes],
        *,
        top_k: int,
        deadline: float,
        payers: Sequence[str] = (),
        judgement: Judgement | None = None,
    ) -> Answer:
        """Return the answer about the files.

        `deadline` is in the seconds of `time.time()`; past it,
        raises `Overdue`, and what is left of the work is dropped. `payers` (a person, an
        organization) get their fair share of the time. `judgement` is what is said beside classes.
        """
        header: Header = {
            "path": str(model.path),
            "sha256": model.sha256,
            "top_k": top_k,
            "deadline": deadline,
            "payers": list(payers),
            "max_pixels": settings.PREDICT_MAX_PIXELS,
        }
        if judgement is not None:
            header |= vars(judgement)
        try:
            with self._with_others():
                return self._ask(header, files, deadline)
        except ProcessDied:
            logger.warning("the model process died; its requests are asked again one by one")
        with self._by_itself():
            return self._one_by_one(header, files, deadline)

    def warm(self) -> None:
        """Start the model process before the first request needs it."""
        self._current()

    def _one_by_one(self, header: Header, files: Sequence[bytes], deadline: float) -> Answer:
        try:
            total = self._ask(header, [], deadline)
        except ProcessDied:
            return Answer(error=_MODEL_CRASHED)
        if total.error:
            return total
        for file in files:
            try:
                part = self._ask(header, [file], deadline)
            except ProcessDied:
                part = Answer(images=(ImageResult(fault=_CRASHED),))
            if part.error:
                return part
            total += part
        return total

    def _ask(self, header: Header, files: Sequence[bytes], deadline: float) -> Answer:
        remaining = deadline - time.time()
        if remaining <= 0:
            raise Overdue
        process = self._current()
        try:
            answer = Answer.from_json(process.ask(header, files, remaining + self._grace))
        except TimeoutError as error:
            # Whatever holds it up would hold up the next request too.
            logger.warning("the model process gives no sign of life and is started again")
            process.kill()
            raise Overdue from error
        if answer.error and answer.error.code == OVERDUE:
            raise Overdue
        return answer

    def _current(self) -> ModelProcess:
        with self._starting:
            if self._process is None or not self._process.alive:
                self._process = ModelProcess(self._program)
            return self._process

    @contextmanager
    def _with_others(self) -> Iterator[None]:
        with self._turn:
            self._turn.wait_for(lambda: not self._alone)
            self._together += 1
        try:
            yield
        finally:
            with self._turn:
                self._together -= 1
                self._turn.notify_all()

    @contextmanager
    def _by_itself(self) -> Iterator[None]:
        with self._turn:
            self._turn.wait_for(lambda: not self._alone and self._together == 0)
            self._alone = True
        try:
            yield
        finally:
            with self._turn:
                self._alone = False
                self._turn.notify_all()
