"""What a job's process writes comes out of its worker's log as JSON, in the job's trace."""

import json
import logging
import os

import pytest

from common.logs import JsonFormatter
from common.trace import Trace, tracing
from jobs.models import Job
from jobs.services.enqueue import enqueue
from jobs.supervision import child, child_log
from jobs.supervision.child_log import ChildLog
from jobs.supervision.supervisor import supervise_next
from tests.jobs.testkinds.kinds import TRAIN_LIGHT


@pytest.fixture
def events(own_warm_process, settings, monkeypatch):
    """The events of this process's log, which is JSON; so is that of the processes it starts."""
    settings.LOG_FORMAT = "json"
    monkeypatch.setenv("LOUPE_LOG_FORMAT", "json")
    lines: list[str] = []
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    handler.emit = lambda record: lines.append(handler.format(record))
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [*root.handlers, handler])
    return lambda: [json.loads(line) for line in lines]


def test_a_worker_and_the_process_of_a_job_write_events_of_its_trace(user, tmp_path, events):
    journal = tmp_path / "journal"
    journal.touch()
    payload = {"steps": 1, "seconds": 0, "journal": str(journal), "misbehave": "talk"}
    job = enqueue(
        kind=TRAIN_LIGHT,
        organization=user.personal_organization,
        created_by=user,
        title="Talks",
        payload=payload,
    )
    Job.objects.update(status="queued")
    with tracing(Trace("ab" * 16)):
        supervise_next(queue="train", worker="w:1", shutting_down=lambda: False)
    job.refresh_from_db()
    assert job.status == "succeeded", job.error
    ours = {event["message"]: event for event in events() if event.get("job_id") == str(job.pk)}
    assert {event["trace_id"] for event in ours.values()} == {job.trace_id} != {"ab" * 16}
    assert {event["attempt"] for event in ours.values()} == {1}
    assert {event["organization_id"] for event in ours.values()} == {str(job.organization_id)}
    loggers = {message: event["logger"] for message, event in ours.items()}
    assert loggers[f"job {job.pk} attempt 1: finished"] == "jobs.supervision.supervisor"
    assert loggers["A warning\nof two lines"] == "tests.talk"
    assert loggers["Beside"] == "tests.thread"
    assert loggers["For members"] == "jobs.child"
    assert ours["Forged"]["level"] == "ERROR", "in its own job's name, as all that it writes"
    follower = Job.objects.get(kind="test_patient")
    assert follower.trace_id == job.trace_id


def test_people_read_text_in_an_attempt_whatever_the_log_is(settings):
    with tracing(Trace("ab" * 16, "job", 1, "organization")):
        entry = logging.LogRecord("a.b", logging.INFO, "", 0, "Two\nlines", None, None)
        line = JsonFormatter().format(entry)
    settings.LOG_FORMAT = "json"
    log = ChildLog()
    first, second = log.as_people_read(line)
    assert first.endswith(" INFO a.b Two")
    assert second == "lines"
    assert log.as_people_read("Epoch 1/3") == ["Epoch 1/3"]
    settings.LOG_FORMAT = "text"
    assert log.as_people_read(line) == [line]


def test_of_what_a_process_floods_its_log_with_the_rest_is_counted(events, monkeypatch):
    monkeypatch.setattr(child_log, "MOST_LINES", 3)
    monkeypatch.setattr(child, "_MOST_READ", 10)
    attempt = child.Child(lambda pid: 0)
    os.write(attempt.far_ends()[0], b"one\n\ntwo\n" + b"x" * 25 + b"\nlast\n")
    attempt.close_far_ends()
    attempt.close()
    said = [event["message"] for event in events() if event["logger"] == "jobs.child"]
    assert said[:3] == ["one", "two", "x" * 10]
    [end] = said[3:]
    assert end.startswith("3 more lines were left out: an attempt's process may write 3 here")
    assert attempt.log.tail.splitlines() == ["one", "", "two", *["x" * 10] * 2, "x" * 5, "last"]


def test_a_flood_of_long_lines_is_bounded_too(events, monkeypatch):
    monkeypatch.setattr(child_log, "MOST_CHARACTERS", 30)
    log = ChildLog()
    for line in ("a" * 20, "b" * 20, "c"):
        assert log.as_people_read(line) == [line]
    log.end()
    said = [event["message"] for event in events() if event["logger"] == "jobs.child"]
    assert said[0] == "a" * 20
    assert said[1].startswith("2 more lines were left out")
