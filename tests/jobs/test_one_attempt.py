"""One attempt of a job, with its supervisor and its child's side in this process: its ends."""

import json
import os
import signal
import subprocess
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from common import storage
from jobs import events
from jobs.child.context import JobContext
from jobs.child.main import _handle
from jobs.child.reporter import STORE_SECONDS, Reporter
from jobs.errors import FenceLost, JobCancelled, JobFailed, JobInterrupted
from jobs.handlers import _handlers
from jobs.models import NO_PROGRESS, Job, Outcome, Status
from jobs.services import end_attempt, lease
from jobs.services.cancel import cancel
from jobs.services.claim import claim
from jobs.services.relay import relay
from jobs.supervision.child import LINE_CHARACTERS, LOG_LINES, Child
from jobs.supervision.lease import LeaseKeeper
from jobs.supervision.memory import oom_kills
from jobs.supervision.supervisor import Supervisor
from tests.jobs.conftest import queued


@pytest.fixture
def running(user, settings, tmp_path) -> Job:
    """A job that a worker has claimed."""
    settings.STORAGE_DIR = tmp_path / "media"
    queued(user)
    return claim(queue="train", worker="w:1")


@pytest.fixture
def start_child():
    """`start_child()` is the supervisor's side of a process that sleeps, or of `command`."""
    started = []

    def start(*command: str) -> Child:
        process = subprocess.Popen(command or ("sleep", "60"), start_new_session=True)
        child = Child(lambda _: process.poll())
        child.pid = process.pid
        started.append((process, child))
        return child

    yield start
    for process, child in started:
        process.kill()
        process.wait()
        child.close()


def watched(job: Job, child: Child, *, shutting_down=lambda: False, **lease_says):
    """The verdict of a supervisor over this child, and the words that it sent."""
    supervisor = Supervisor(job, shutting_down)
    for name, value in lease_says.items():
        setattr(supervisor._lease, name, value)
    words = os.dup(child.far_ends()[2])
    child.close_far_ends()
    verdict = supervisor._watch(child)
    child.close()
    os.set_blocking(words, False)
    said = os.read(words, 100).decode()
    os.close(words)
    return verdict, said


def test_a_cancelled_child_is_asked_and_then_killed(running, start_child, settings):
    settings.JOB_CANCEL_GRACE_SECONDS = 0.3
    child = start_child()
    started = time.monotonic()
    verdict, said = watched(running, child, cancel_requested=True)
    assert (verdict.name, said) == ("cancelled", "cancel\n")
    assert child.poll() == -signal.SIGKILL
    assert time.monotonic() - started >= 0.3


def test_a_child_of_a_worker_that_shuts_down_is_given_back(running, start_child, settings):
    settings.JOB_STOP_GRACE_SECONDS = 0.2
    verdict, said = watched(running, start_child(), shutting_down=lambda: True)
    assert (verdict.name, said) == ("given_back", "stop\n")
    # A request to cancel that comes after it goes before it.
    verdict, said = watched(
        running, start_child(), shutting_down=lambda: True, cancel_requested=True
    )
    assert (verdict.name, said) == ("cancelled", "cancel\n")


def test_a_child_whose_job_is_not_ours_any_more_is_killed_at_once(running, start_child, settings):
    for says in ({"lost": True}, {"_contact_at": -1e6}):
        child = start_child()
        verdict, said = watched(running, child, **says)
        assert (verdict.name, said) == ("abandoned", "")
        child.close()
        time.sleep(0.05)
        assert child.poll() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("setting", "code", "detail"),
    [
        ("JOB_STALL_SECONDS", "stalled", "There was no progress for 0.2 s."),
        ("JOB_TIME_LIMIT_SECONDS", "timed_out", "The work took longer than 0.2 s."),
    ],
)
def test_a_child_that_takes_too_long_is_ended(
    running, start_child, settings, setting, code, detail
):
    setattr(settings, setting, 0.2)
    verdict, _ = watched(running, start_child())
    assert (verdict.name, verdict.failure.code, str(verdict.failure)) == ("failed", code, detail)


def test_a_child_that_moves_does_not_stall(running, start_child, settings):
    settings.JOB_STALL_SECONDS = 0.6
    child = start_child("sleep", "1.2")
    report = os.dup(child.far_ends()[1])
    for number in range(6):
        threading.Timer(0.2 * number, os.write, [report, b'{"moving": true}\n']).start()
    threading.Timer(1.1, os.write, [report, b'{"end": "finished"}\n']).start()
    threading.Timer(1.15, os.close, [report]).start()
    assert watched(running, child)[0].name == "finished"


@pytest.mark.parametrize(
    ("end", "asked", "verdict"),
    [
        ({"end": "finished"}, "cancel", "finished"),
        ({"end": "fence_lost"}, "cancel", "abandoned"),
        ({"end": "stopped"}, "cancel", "cancelled"),
        ({"end": "stopped"}, "stop", "given_back"),
        ({"end": "stopped"}, "", "given_back"),
        ({}, "stop", "given_back"),
    ],
)
def test_what_the_child_tells_and_what_it_was_asked_decide(
    running, start_child, end, asked, verdict
):
    supervisor, child = Supervisor(running, lambda: False), start_child()
    child.end, supervisor._asked = end, asked
    assert supervisor._judge(child, 0, None) == (verdict, None)


def test_how_a_process_ended_is_said(running, start_child):
    supervisor, child = Supervisor(running, lambda: False), start_child()

    def said(code: int) -> tuple[str, str]:
        failure = supervisor._judge(child, code, None).failure
        return failure.code, failure.detail

    failed = {"end": "failed", "code": "bad_data", "detail": "No.", "hint": "Do.", "retry": True}
    child.end = failed
    failure = supervisor._judge(child, 0, None).failure
    assert failure.as_error() | {"title": ""} == {
        "code": "bad_data", "title": "", "detail": "No.", "hint": "Do.",
    }  # fmt: skip
    assert failure.retry
    overrun = JobFailed("stalled", "There was no progress.")
    assert supervisor._judge(child, 0, overrun).failure is overrun
    child.end = {}
    assert said(3) == ("internal", "The process that did the work ended with status 3.")
    assert said(-signal.SIGSEGV) == (
        "internal", "The process that did the work crashed (SIGSEGV).",
    )  # fmt: skip
    if oom_kills() is not None:
        assert said(-signal.SIGKILL)[0] == "lost"
        supervisor._oom_kills_before -= 1
    assert said(-signal.SIGKILL)[0] == "out_of_memory"


@pytest.mark.parametrize(
    ("says", "stops", "verdict"),
    [
        ({"lost": True, "cancel_requested": True}, True, "abandoned"),
        ({"_contact_at": -1e6, "cancel_requested": True}, True, "abandoned"),
        ({"cancel_requested": True}, True, "cancelled"),
        ({}, True, "given_back"),
        ({}, False, "failed"),
    ],
)
def test_why_no_child_was_started(running, says, stops, verdict):
    supervisor = Supervisor(running, lambda: stops)
    for name, value in says.items():
        setattr(supervisor._lease, name, value)
    assert supervisor._must_leave() == (verdict != "failed")
    assert supervisor._not_started().name == verdict


def test_the_end_is_written_with_the_log_and_files_of_no_use_go(running, settings):
    supervisor = Supervisor(running, lambda: False)
    log = end_attempt.Log("all of it", "for members")
    folder = storage.job_dir(running.pk, running.fence)
    folder.mkdir(parents=True)
    (folder / "part").write_text("half")
    supervisor._conclude(supervisor._not_started()._replace(name="abandoned"), log)
    assert running.attempt_set.get().outcome != Outcome.FAILED
    assert folder.exists()
    supervisor._conclude(supervisor._not_started(), log)
    attempt = running.attempt_set.get()
    assert (attempt.outcome, attempt.log_tail, attempt.public_log) == (
        Outcome.FAILED, "all of it", "for members",
    )  # fmt: skip
    assert attempt.ended_at
    assert not folder.exists()
    # Said twice, it was ours no longer: nothing is removed that another attempt may have made.
    folder.mkdir(parents=True)
    supervisor._conclude(supervisor._not_started(), log)
    running.refresh_from_db()
    assert running.status == Status.RETRY_WAIT


def test_a_child_tells_over_its_pipes_and_the_end_of_its_log_is_kept(start_child):
    child = start_child("true")
    log, report, control = child.far_ends()
    moved = child.moved_at
    child.ask_to_stop("cancel")
    assert os.read(control, 100) == b"cancel\n"
    os.write(log, b"first\n" + b"x" * (LINE_CHARACTERS + 5) + b"\nno\0ll\r\n\xff\n")
    for message in ({"moving": True}, {"log": "one\ntwo\0"}, {"end": "finished"}, {"moving": True}):
        os.write(report, json.dumps(message).encode() + b"\n")
    child.close_far_ends()
    child.close()
    child.close()
    assert child.moved_at > moved
    assert child.end == {"end": "finished"}
    assert child.log.public.splitlines() == ["one", "two"]
    assert child.log.tail.splitlines() == ["first", "x" * LINE_CHARACTERS, "noll", "\ufffd"]
    many = start_child("true")
    os.write(many.far_ends()[0], b"".join(b"%d\n" % number for number in range(LOG_LINES + 3)))
    many.close_far_ends()
    many.close()
    assert many.log.tail.splitlines()[0] == "3"
    assert len(many.log.tail.splitlines()) == LOG_LINES
    # The other side is gone: asking is no error, and no process is no error.
    child.ask_to_stop("stop")
    nothing = Child(lambda _: 0)
    nothing.kill()
    nothing.close_far_ends()
    nothing.close()


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
    context._stage_start = (time.monotonic() - 8, 0)
    context.progress(2, 10, "images", "read", rate=3.14159)
    assert eta() == pytest.approx(32, abs=1)
    assert context._reporter.latest["images_per_second"] == 3.1
    context.progress(3, 10, "images", "write")
    assert eta() is None, "another stage"
    context._stage_start = (time.monotonic() - 7, 3)
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
    settings.STORAGE_DIR = tmp_path / "media"
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


def test_the_lease_is_kept_until_somebody_else_has_the_job(running, user, settings):
    settings.JOB_LEASE_SECONDS = 100
    keeper = LeaseKeeper(running.pk, running.fence)
    until = lambda: Job.objects.get(pk=running.pk).lease_until  # noqa: E731
    Job.objects.filter(pk=running.pk).update(lease_until=Now() + timedelta(seconds=1))
    first = until()
    settings.JOB_RENEW_SECONDS = 1000
    keeper._contact_at -= 50
    keeper._keep()
    assert until() == first, "not due"
    assert keeper.seconds_since_contact < 5
    settings.JOB_RENEW_SECONDS = 0
    keeper._keep()
    assert until() > first + timedelta(seconds=50)
    assert (keeper.lost, keeper.cancel_requested) == (False, False)
    cancel(user=user, job=running)
    keeper._keep()
    assert (keeper.lost, keeper.cancel_requested) == (False, True)
    Job.objects.filter(pk=running.pk).update(fence=running.fence + 1)
    keeper._keep()
    assert (keeper.lost, keeper.cancel_requested) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_our_own_child_has_locked_is_no_silence(user, settings, caplog):
    settings.JOB_RENEW_SECONDS = 0
    queued(user)
    running = claim(queue="train", worker="w:1")
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Job.objects.select_for_update(of=("self",)).get(pk=running.pk)
            locked.set()
            done.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait(20)
    keeper = LeaseKeeper(running.pk, running.fence)
    keeper._contact_at -= 1000
    connection.close()
    keeper._keep()
    done.set()
    thread.join()
    assert keeper.seconds_since_contact < 100
    assert not keeper._away
    # Postgres that cannot be asked at all is silence, which is said once.
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 1; SET lock_timeout = 0")
        cursor.execute("SELECT 1")
    keeper._contact_at = keeper._contact_at - 1000
    keeper._away = False
    keeper.tell_silence()
    keeper.tell_silence()
    assert keeper._away
    assert caplog.text.count("Postgres does not answer") == 1
    connection.close()
    keeper._keep()
    assert "Postgres answers again" in caplog.text
    assert not keeper._away


def test_silence_is_told_only_after_two_missed_renewals(running, settings, caplog):
    settings.JOB_RENEW_SECONDS = 10
    keeper = LeaseKeeper(running.pk, running.fence)
    keeper._contact_at -= 19
    keeper.tell_silence()
    assert not keeper._away
    keeper._contact_at -= 2
    keeper.tell_silence()
    assert "no word from it for 21 s" in caplog.text


def test_the_relay_rings_for_what_nobody_has_heard_and_for_no_more(user, settings):
    settings.JOB_REPUBLISH_SECONDS = 60
    redis = events.client()
    redis.delete("train")
    jobs = queued(user, 3)
    assert relay() == 3
    assert redis.llen("train") == 3
    assert relay() == 0, "each has its message"
    redis.lpop("train")
    assert relay() == 0, "it may be on its way to a worker"
    Job.objects.filter(pk=jobs[1].pk).update(published_at=Now() - timedelta(seconds=61))
    assert relay() == 1
    assert redis.llen("train") == 3
    redis.delete("train")
    Job.objects.update(published_at=Now() - timedelta(seconds=61))
    assert claim(queue="train", worker="w:1") is not None
    assert relay() == 2, "one that runs needs no message"
    redis.delete("train")


def test_what_is_due_or_pending_for_a_while_is_queued_by_the_relay(user):
    redis = events.client()
    redis.delete("train")
    fresh, pending, due, later = queued(user, 4)
    Job.objects.filter(pk=fresh.pk).update(published_at=Now())
    redis.rpush("train", "a message")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE jobs_job DISABLE TRIGGER job_status_guard")
    Job.objects.filter(pk=pending.pk).update(
        status="pending", created_at=Now() - timedelta(seconds=3)
    )
    Job.objects.filter(pk=due.pk).update(status="retry_wait", available_at=Now())
    Job.objects.filter(pk=later.pk).update(
        status="retry_wait", available_at=Now() + timedelta(seconds=50)
    )
    assert relay() == 2
    states = [Job.objects.get(pk=job.pk).status for job in (fresh, pending, due, later)]
    assert states == ["queued", "queued", "queued", "retry_wait"]
    redis.delete("train")


def test_a_retry_waits_longer_each_time(settings):
    settings.JOB_RETRY_SECONDS = [5, 30, 120]
    assert [end_attempt.retry_delay(number) for number in (1, 2, 3, 4, 50)] == [
        5,
        30,
        120,
        120,
        120,
    ]


def test_an_attempt_that_is_given_back_does_not_count(running, user):
    events.client().delete("train")
    assert end_attempt.give_back(
        job_id=running.pk, fence=running.fence, log=end_attempt.Log("tail", "public")
    )
    running.refresh_from_db()
    assert (running.status, running.attempts) == (Status.QUEUED, 0)
    assert events.client().llen("train") == 1
    attempt = running.attempt_set.get()
    assert (attempt.outcome, attempt.log_tail, attempt.public_log) == (
        Outcome.GIVEN_BACK, "tail", "public",
    )  # fmt: skip
    assert attempt.ended_at
    assert not end_attempt.give_back(job_id=running.pk, fence=running.fence)
    assert not end_attempt.cancelled(job_id=running.pk, fence=running.fence)
    assert not lease.renew(job_id=running.pk, fence=running.fence)
    events.client().delete("train")


def test_a_failure_is_tried_again_while_attempts_are_left_and_nobody_cancelled(user):
    queued(user, 3)
    again, last, cancelled = (claim(queue="train", worker="w:1") for _ in range(3))
    Job.objects.filter(pk=last.pk).update(attempts=last.max_attempts)
    cancel(user=user, job=cancelled)
    failure = JobFailed("internal", "It broke.")
    for job in (again, last, cancelled):
        assert end_attempt.fail(job_id=job.pk, fence=job.fence, failure=failure)
        job.refresh_from_db()
        assert job.lease_until is None
    assert (again.status, last.status, cancelled.status) == ("retry_wait", "failed", "cancelled")
    assert again.error["hint"] == end_attempt.TRIED_AGAIN
    assert again.available_at is not None
    assert last.error["hint"].startswith("Press Retry")
    assert (bool(last.ended_at), cancelled.error) == (True, None)
    assert {job.attempt_set.get().error["detail"] for job in (again, last, cancelled)} == {
        "It broke."
    }
