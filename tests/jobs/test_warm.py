"""The process that children are forked from, when it is slow or has served for long."""

import os
import select
import signal
import socket
import subprocess
import uuid

import psutil
import pytest

from jobs.supervision import warm
from jobs.supervision.child import Child
from tests.conftest import wait_until

# There is no such job: the child says so and ends with this.
NO_SUCH_JOB = 1


@pytest.fixture(autouse=True)
def end_warm_processes(monkeypatch):
    monkeypatch.setattr(warm, "_warm", {})
    yield
    for process in warm._warm.values():
        process.close()


def start() -> Child | None:
    """Start a child from the warm process of this process."""
    request = {"job": str(uuid.uuid4()), "fence": 1}
    return warm.warm_process(preload=()).start_child(request, go_on=lambda: True)


def test_a_warm_process_that_does_not_answer_is_replaced(monkeypatch):
    first = start()
    stuck = warm.warm_process(preload=())._process
    wait_until(lambda: first.poll() is not None, 30)
    os.kill(stuck.pid, signal.SIGSTOP)
    monkeypatch.setattr(warm, "ANSWER_SECONDS", 0.5)
    assert start() is None
    assert stuck.returncode == -signal.SIGKILL, "late, it would be taken for another's answer"
    monkeypatch.undo()

    child = start()
    assert psutil.Process(child.pid).ppid() == warm.warm_process(preload=())._process.pid
    wait_until(lambda: child.poll() is not None, 30)
    assert child.poll() == NO_SUCH_JOB
    assert 0 < child.processor_seconds() < 10, "to its last moment, though it is gone"
    for each in (first, child):
        each.close()


def test_a_child_with_the_number_of_one_that_has_ended_is_another():
    first = start()
    process = warm.warm_process(preload=())
    wait_until(lambda: first.poll() is not None, 30)
    # As if the numbers of processes had come round.
    process._ended = dict.fromkeys(range(first.pid, first.pid + 5000), (-signal.SIGKILL, 0.0))
    child = start()
    assert first.pid < child.pid < first.pid + 5000
    wait_until(lambda: child.poll() is not None, 30)
    assert child.poll() == NO_SUCH_JOB
    for each in (first, child):
        each.close()


def test_a_worker_that_leaves_an_answer_unread_is_no_fault():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        arguments = (str(theirs.fileno()), str(os.getpid()))
        warmed = warm.SERVER.start(
            *arguments, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, text=True
        )
    with ours:
        assert select.select([ours], [], [], 30)[0], "it is ready, and says so"
    assert (warmed.communicate(timeout=30)[1], warmed.returncode) == ("", 0)
