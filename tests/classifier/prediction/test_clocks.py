"""A web server and a predict worker on machines whose clocks are five minutes apart."""

import time
import uuid

import pytest

from classifier.engine.runtime.answer import Answer
from classifier.prediction.services.keep import timing_of
from classifier.prediction.serving import mailbox

WRONG = 300.0


@pytest.fixture
def set_clock(monkeypatch):
    """Give a function after which this process has the clock of a machine that is wrong so much."""
    right = time.time

    def _set(seconds):
        monkeypatch.setattr(time, "time", lambda: right() + seconds)

    return _set


@pytest.fixture(params=["at once", "when it is rung"])
def take(request):
    """Take a request as a worker does that comes by, and as one that has been waiting."""
    if request.param == "at once":
        return mailbox.take

    def _when_rung():
        # The script finds nothing, so that the request comes by the ring.
        nothing = mailbox.client().register_script("return false")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(mailbox, "_script", lambda text: nothing)
            return mailbox.take()

    return _when_rung


@pytest.mark.parametrize("wrong", [WRONG, -WRONG])
def test_a_request_has_its_ten_seconds_whatever_the_workers_clock_says(
    set_clock, wrong, take, monkeypatch
):
    monkeypatch.setattr(mailbox, "QUEUE", f"loupe:predict:queue:{uuid.uuid4().hex}")
    request = mailbox.Request.new(uuid.uuid4(), "0" * 64, 1)
    mailbox.send(request, [b"image"])
    time.sleep(0.1)
    set_clock(wrong)
    at_worker, images = take()
    assert images == [b"image"]
    assert 8 < at_worker.deadline - time.time() < 10
    assert 0.1 <= time.time() - at_worker.sent_at < 2
    mailbox.reply(at_worker, Answer(started_at=time.time()))
    set_clock(0)
    answer = mailbox.wait(request, 5)
    assert 100 <= timing_of(request, answer).queue_ms < 2000


def test_a_failure_before_the_work_began_has_waited_for_nothing(monkeypatch):
    monkeypatch.setattr(mailbox, "QUEUE", f"loupe:predict:queue:{uuid.uuid4().hex}")
    request = mailbox.Request.new(uuid.uuid4(), "0" * 64, 1)
    mailbox.reply(request, Answer())
    assert timing_of(request, mailbox.wait(request, 5)).queue_ms == 0
