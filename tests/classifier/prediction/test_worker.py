"""A predict worker in this process, with a model process and a queue of its own."""

import threading

import pytest

from classifier.prediction.errors import ModelNotReady
from classifier.prediction.services.ask import raise_for_error
from classifier.prediction.serving import mailbox
from classifier.prediction.serving.server import ModelServer
from classifier.prediction.serving.worker import Worker
from config import durable_files
from tests.classifier.conftest import RED
from tests.conftest import free_port
from tests.storage.s3_names import s3_variables


@pytest.fixture
def ask(user, make_model_version, monkeypatch):
    """Send a request about a red image to a queue that no other worker reads."""
    version = make_model_version(user)
    monkeypatch.setattr(mailbox, "QUEUE", f"loupe:predict:queue:{version.pk}")
    sha256 = version.served_file["sha256"]

    def _ask() -> mailbox.Request:
        request = mailbox.Request.new(version.pk, sha256, 1, (f"person:{version.pk}",))
        mailbox.send(request, [RED])
        sent.append(request)
        return request

    sent: list[mailbox.Request] = []
    yield _ask
    mailbox.client().delete(mailbox.QUEUE)
    for request in sent:
        mailbox.end_turn(request)


@pytest.mark.django_db
def test_a_worker_that_is_to_stop_answers_what_it_has_and_takes_no_more(ask):
    worker = Worker(ModelServer())
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        # A machine with much to do may take longer for its first answer than a client waits.
        assert any(mailbox.wait(ask(), 10) for _ in range(3))
        waiting = [ask() for _ in range(400)]
        assert mailbox.wait(waiting[0], 10)
    finally:
        worker.stop()
        thread.join(30)
    assert not thread.is_alive()
    left = mailbox.client().llen(mailbox.QUEUE)
    answered = sum(mailbox.client().exists(request.answers) for request in waiting[1:])
    assert left > 0
    assert answered == len(waiting) - 1 - left


@pytest.mark.django_db
def test_a_store_that_does_not_answer_is_named(user, make_model_version, settings, monkeypatch):
    version = make_model_version(user)
    request = mailbox.Request.new(version.pk, version.served_file["sha256"], 1)
    monkeypatch.setattr(durable_files, "_TRIES", 1)
    for name, value in s3_variables(f"http://127.0.0.1:{free_port()}", prefix="none").items():
        monkeypatch.setenv(name, value)
    settings.STORAGES = {**settings.STORAGES, "durable": durable_files.durable_files()}
    error = Worker(ModelServer())._answer(request, [RED]).error
    assert error.code == "storage_unavailable"
    with pytest.raises(ModelNotReady, match="does not answer as it should") as raised:
        raise_for_error(error, user, version)
    assert (raised.value.status, raised.value.code) == (503, "storage_unavailable")
