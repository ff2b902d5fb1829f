"""The Celery task of synchronous predictions; jobs have theirs in the app `jobs`."""

import time
from functools import cache
from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from classifier.engine.errors import EngineError
from classifier.engine.runtime.answer import Answer
from classifier.models.model_version import SERVED_FILE
from classifier.prediction.serving import built_in, mailbox
from classifier.prediction.serving.server import ModelFile, ModelServer, Overdue
from storage import durable
from storage.names import model_file_name

# What is left of the client's patience when a model must be prepared first.
ANSWER_MARGIN_SECONDS = 1.0


@cache
def model_server() -> ModelServer:
    """Return this worker's server; it is made once, on first use."""
    return ModelServer()


@worker_ready.connect
def warm_up(sender: Any, **signal: Any) -> None:
    """Start the model process of a predict worker before the first request needs it."""
    if mailbox.QUEUE in sender.app.amqp.queues.consume_from:
        model_server().warm()
        mailbox.warn_if_images_are_kept()


@shared_task(name=mailbox.TASK, acks_late=True, ignore_result=True)
def predict(values: dict[str, Any]) -> None:
    """Answer one request, unless its client has given up."""
    request = mailbox.Request(**values)
    if time.time() >= request.deadline:
        return
    images = mailbox.collect(request)
    if not images:
        return
    sha256 = request.sha256
    if sha256 is None or built_in.is_lost(request.model_version):
        wait = request.deadline - time.time() - ANSWER_MARGIN_SECONDS
        try:
            sha256 = built_in.prepare(request.model_version, wait)
        except EngineError as error:
            mailbox.reply(request, Answer.failed(error))
            return
    path = durable.local(model_file_name(request.model_version, SERVED_FILE))
    try:
        answer = model_server().answer(
            ModelFile(path, sha256),
            images,
            top_k=request.top_k,
            deadline=request.deadline,
            payers=request.payers,
        )
    except Overdue:
        return
    mailbox.reply(request, answer)
