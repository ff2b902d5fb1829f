"""A supervisor over a real process: when it asks, when it kills, what it says of the end."""

import json
import os
import signal
import subprocess
import threading
import time

import pytest

from jobs.errors import JobFailed
from jobs.models import Job, Outcome, Status
from jobs.services import end_attempt
from jobs.supervision.child import LINE_CHARACTERS, LOG_LINES, Child
from jobs.supervision.memory import oom_kills
from jobs.supervision.supervisor import Supervisor
from storage import scratch


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
        supervisor._oom_kills_before = oom_kills()
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
    folder = scratch.attempt_dir(running.pk, running.fence)
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
    child.tell("cancel")
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
    child.tell("stop")
    nothing = Child(lambda _: 0)
    nothing.kill()
    nothing.close_far_ends()
    nothing.close()
