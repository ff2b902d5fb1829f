"""The child's side of an attempt, in this process: progress, requests to stop, the result."""

import json
import os
import tempfile
import time

import pytest

from jobs import events
from jobs.child.context import JobContext
from jobs.child.main import _handle
from jobs.child.reporter import STORE_SECONDS, Reporter
from jobs.errors import FenceLost, JobCancelled, JobFailed, JobInterrupted
from jobs.handlers import _handlers
from jobs.models import NO_PROGRESS, Job, Outcome, Status
from jobs.services.claim import claim
from tests.jobs.conftest import queued


@pytest.fixture
def context(running):
    """`context` with a reporter whose pipe is `context.told`."""
    read_fd, write_fd = os.pipe()
    os.set_blocking(read_fd, False)
    context = JobContext(running, Reporter(running.pk, running.fence, write_fd))
    context.told = lambda: os.read(read_fd, 10_000).decode().splitlines()
    yield context
    os.close(read_fd)
    os.close(write_fd)


def test_whoever_must_stop_learns_why(context):
    context.check()
    assert not context.should_stop()
    context.ask_to_stop("stop")
    assert context.should_stop()
    with pytest.raises(JobInterrupted):
        context.check()
    context._reporter.fence_lost.set()
    with pytest.raises(FenceLost):
        context.check()
    context.ask_to_stop("cancel")
    with pytest.raises(JobCancelled):
        context.check()
    context._stop.clear()
    assert context.should_stop(), "the job is another's"


def test_the_time_left_comes_from_the_pace_of_this_stage(context):
    eta = lambda: context._reporter.latest["eta_seconds"]  # noqa: E731
    context.progress(0, 10, "images", "read")
    assert eta() is None
    context._pace._started = time.monotonic() - 8
    context.progress(2, 10, "images", "read", rate=3.14159)
    assert eta() == pytest.approx(32, abs=1)
    assert context._reporter.latest["rate"] == 3.1
    context.progress(3, 10, "images", "write")
    assert eta() is None, "another stage"
    context._pace._started = time.monotonic() - 7
    context.progress(10, 10, "images", "write")
    assert eta() == 0
    context.progress(1, 10, "images", "write")
    assert eta() is None, "it began again"
    context.progress(5, None, "images", "write")
    assert (eta(), context._reporter.latest["total"]) == (None, None)
    context.progress(5, 10, "images", "write", eta_seconds=1.26)
    assert eta() == 1.3


def test_progress_reaches_the_stream_at_once_and_postgres_in_a_while(context, running):
    reporter = context._reporter
    key = events.stream_key(running.pk)
    events.client().delete(key)
    context.progress(1, 2, "images")
    context.event("epoch", {"number": 1})
    context.log("a line")
    reporter._send()
    sent = [
        (fields["event"], json.loads(fields["data"])) for _, fields in events.client().xrange(key)
    ]
    assert [name for name, _ in sent] == ["epoch", "log", "progress"]
    assert sent[2][1]["done"] == 1
    assert context.told() == ['{"log": "a line"}', '{"moving": true}']
    running.refresh_from_db()
    assert running.progress["done"] == 1
    context.progress(2, 2, "images")
    reporter._send()
    running.refresh_from_db()
    assert running.progress["done"] == 1, "not every time"
    reporter._stored_at -= STORE_SECONDS
    reporter._send()
    running.refresh_from_db()
    assert running.progress["done"] == 2
    assert len(events.client().xrange(key)) == 4, "what has not changed is not sent again"
    assert not reporter.fence_lost.is_set()
    Job.objects.filter(pk=running.pk).update(fence=running.fence + 1)
    context.progress(3, 4, "images")
    reporter._stored_at -= STORE_SECONDS
    reporter._send()
    assert reporter.fence_lost.is_set()


@pytest.mark.django_db(transaction=True)
def test_a_result_counts_only_while_the_job_is_ours(user, settings, tmp_path):
    settings.SCRATCH_DIR = tmp_path / "scratch"
    queued(user, 2)
    ours, others = (claim(queue="train", worker="w:1") for _ in range(2))
    Job.objects.filter(pk=others.pk).update(fence=others.fence + 1)
    for job, stored in ((ours, True), (others, False)):
        read_fd, write_fd = os.pipe()
        reporter = Reporter(job.pk, job.fence, write_fd)
        context = JobContext(job, reporter)
        reporter.progress({**NO_PROGRESS, "done": 7})
        try:
            with context.guard():
                pass
            with context.finish("model_version", 5, accuracy=0.5) as result:
                result["more"] = "said"
        except FenceLost:
            assert reporter.fence_lost.is_set()
        os.close(read_fd)
        os.close(write_fd)
        job.refresh_from_db()
        assert context.finished == stored
        assert (job.status == Status.SUCCEEDED) == stored
        assert (job.attempt_set.get().outcome == Outcome.SUCCEEDED) == stored
        if stored:
            assert job.result == {
                "type": "model_version", "id": "5", "accuracy": 0.5, "more": "said",
            }  # fmt: skip
            assert job.progress["done"] == 7
            assert (job.lease_until, bool(job.ended_at)) == (None, True)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, ("failed", "internal", "The work ended without a result.")),
        (JobFailed("bad_data", "No pictures.", retry=True), ("failed", "bad_data", "No pictures.")),
        (MemoryError(), ("failed", "out_of_memory", "needed more memory")),
        (OSError(28, "No space left"), ("failed", "disk_full", "")),
        (FenceLost(), ("fence_lost",)),
        (JobInterrupted(), ("stopped",)),
        (JobCancelled(), ("stopped",)),
        (SystemExit(1), ("failed", "internal", "")),
    ],
)
def test_a_handler_ends_in_one_of_these_ways(context, running, monkeypatch, error, told):
    # A process of its own, as attempts have, would keep its temporary folder to itself.
    monkeypatch.setenv("TMPDIR", tempfile.gettempdir())
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())

    def handler(given: JobContext) -> None:
        assert given is context
        if error is not None:
            raise error

    monkeypatch.setitem(_handlers, running.kind, handler)
    end = _handle(running, context)
    assert end["end"] == told[0]
    if told[1:]:
        assert end["code"] == told[1]
        assert told[2] in end["detail"]
    if isinstance(error, JobFailed):
        assert end["retry"]
    context.finished = True
    if not isinstance(error, FenceLost | JobInterrupted | JobCancelled):
        assert _handle(running, context) == {"end": "finished"}, "the result is stored"
