"""A predict worker: takes requests out of the mailbox and has the model process answer them."""

import logging
import os
import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace

import redis

from classifier.engine.errors import EngineError
from classifier.engine.runtime.answer import INT8, Answer
from classifier.engine.runtime.instructions import has_int8
from classifier.models.fast_mode import FAST_FILE
from classifier.models.model_version import SERVED_FILE
from classifier.prediction.serving import built_in, mailbox
from classifier.prediction.serving.keep_files import with_files_kept
from classifier.prediction.serving.rules import rule_header
from classifier.prediction.serving.server import Judgement, ModelFile, ModelServer, Overdue
from common.alive import give_sign_of_life
from common.connections import give_connection_back
from common.garbage import collect_less
from storage import durable
from storage.errors import StoreError
from storage.names import model_file_name

logger = logging.getLogger(__name__)
# Requests that a worker has at a time; they share the cores in the model process.
THREADS = 32
# What is left of the client's patience when a model must be prepared first.
ANSWER_MARGIN_SECONDS = 1.0
# While Redis is away.
_PAUSE_SECONDS = 0.5


class Worker:
    """Answers requests on so many threads until it is told to stop."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._stopping = threading.Event()

    def run(self) -> None:
        """Answer until `stop`; what has been taken then is still answered."""
        self._server.warm()
        mailbox.warn_if_images_are_kept()
        collect_less()
        threads = [threading.Thread(target=self._serve, name="predict") for _ in range(THREADS)]
        threads.append(threading.Thread(target=self._say_alive_until_stopped, name="alive"))
        for thread in threads:
            thread.start()
        logger.info("predict worker is ready.")
        for thread in threads:
            thread.join()

    def _say_alive_until_stopped(self) -> None:
        name = f"{socket.gethostname()}:{os.getpid()}"
        while not self._stopping.is_set():
            with suppress(redis.RedisError):  # the threads say so
                mailbox.say_alive(name)
            self._stopping.wait(mailbox.ALIVE_SECONDS / 3)

    def stop(self) -> None:
        """Take no more; a signal handler may call it."""
        self._stopping.set()

    def _serve(self) -> None:
        done: mailbox.Request | None = None
        answer: Answer | None = None
        while not self._stopping.is_set() or answer is not None:
            try:
                taken = self._next(done, answer)
                give_sign_of_life()
            except redis.RedisError as error:
                logger.warning("predictions cannot be taken, Redis does not answer: %s", error)
                self._stopping.wait(_PAUSE_SECONDS)
                taken = None
            done, answer = None, None
            if taken is not None:
                done, answer = taken.request, self._answer(*taken)

    def _next(self, done: mailbox.Request | None, answer: Answer | None) -> mailbox.Taken | None:
        if done is None or answer is None:
            return mailbox.take()
        if self._stopping.is_set():
            mailbox.reply(done, answer)
            return None
        return mailbox.reply_and_take(done, answer)

    def _answer(self, request: mailbox.Request, images: list[bytes]) -> Answer | None:
        """Return the answer, None where it would come too late."""
        try:
            return with_files_kept(request, answered(self._server, request, images))
        except Overdue:
            return None
        except StoreError as error:
            return Answer.failed(EngineError(error.code, error.detail))
        except Exception as error:  # the boundary of one request: the next must be served
            logger.exception("a prediction failed")
            return Answer.failed(EngineError("internal", repr(error)))
        finally:
            give_connection_back()


def answered(server: ModelServer, request: mailbox.Request, images: list[bytes]) -> Answer:
    """Return the answer to one request; raises `Overdue` where its client has given up."""
    if time.time() >= request.deadline:
        raise Overdue
    # What is explained is the measured file, whose answer stands beside its map.
    if request.fast_sha256 and request.explain is None and has_int8():
        fast = _asked(server, request, images, FAST_FILE, request.fast_sha256)
        return replace(fast, precision=INT8)
    sha256 = request.sha256
    if sha256 is None or built_in.is_lost(request.model_version, sha256):
        wait = request.deadline - time.time() - ANSWER_MARGIN_SECONDS
        try:
            sha256 = built_in.prepare(request.model_version, wait)
        except EngineError as error:
            return Answer.failed(error)
    return _asked(server, request, images, SERVED_FILE, sha256)


def _asked(
    server: ModelServer, request: mailbox.Request, images: list[bytes], name: str, sha256: str
) -> Answer:
    path = durable.local_content(model_file_name(request.model_version, name), sha256)
    return server.answer(
        ModelFile(path, sha256),
        images,
        top_k=request.top_k,
        deadline=request.deadline,
        payers=request.payers,
        judgement=Judgement(
            rule=rule_header(request.model_version, request.rule_name),
            set_least=request.set_least,
            evidence=request.evidence,
            each_class=request.each_class,
            explain=request.explain,
            clean=bool(request.keep),
        ),
    )
