"""Lines of logs in JSON: one line an event, read again by others, without secrets."""

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from common.logs import JsonFormatter, SecretlessFormatter, read_event
from common.trace import Trace, tracing
from tests.servers import REPOSITORY_DIR

FORMATTER = JsonFormatter()


def record(message: str, *arguments: object, name: str = "datasets.work") -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, "", 0, message, arguments, None)


def test_an_event_is_one_line_whatever_it_says():
    line = FORMATTER.format(record("two\nlines, \u2028 \ud800 and %s", '"quotes"'))
    assert len(line.splitlines()) == 1
    assert line.isascii()
    event = json.loads(line)
    assert event["message"] == 'two\nlines, \u2028 \ud800 and "quotes"'
    assert (event["level"], event["logger"]) == ("WARNING", "datasets.work")
    assert event["time"].endswith("+00:00")
    assert "trace_id" not in event


def test_an_event_names_what_it_belongs_to():
    with tracing(Trace("ab" * 16, "job", 2, "organization")):
        event = json.loads(FORMATTER.format(record("Done")))
    assert event["trace_id"] == "ab" * 16
    assert (event["job_id"], event["attempt"]) == ("job", 2)
    assert event["organization_id"] == "organization"
    with tracing(Trace("ab" * 16)):
        assert "job_id" not in json.loads(FORMATTER.format(record("Done")))


def test_a_request_is_told_by_its_parts_without_the_secret_of_its_link():
    arguments = ("192.0.2.7:1", "GET", '/x/?token=abc"', "1.1", 200)
    line = FORMATTER.format(record('%s - "%s %s HTTP/%s" %d', *arguments, name="uvicorn.access"))
    assert "abc" not in line
    event = json.loads(line)
    assert (event["method"], event["path"], event["status"]) == ("GET", '/x/?token=…"', 200)


def test_an_exception_is_part_of_its_event_and_hides_passwords():
    entry = record("Failed")
    try:
        raise ConnectionError("redis://loupe:s3cret@redis:6379/0 and redis://:s3cret@redis/1")
    except ConnectionError as error:
        entry.exc_info = (ConnectionError, error, error.__traceback__)
    for line in (FORMATTER.format(entry), SecretlessFormatter("%(message)s").format(entry)):
        assert "s3cret" not in line
        assert "redis://loupe:" in line
        assert "@redis/1" in line
    event = json.loads(FORMATTER.format(entry))
    assert event["exception"].startswith("Traceback")


def test_an_event_of_another_process_is_read_again():
    with tracing(Trace("ab" * 16)):
        line = FORMATTER.format(record("Done: %d %%", 3))
    event = read_event(line)
    assert event is not None
    assert json.loads(FORMATTER.format(event)) | {"trace_id": "ab" * 16} == json.loads(line)


@pytest.mark.parametrize(
    "line",
    [
        "Epoch 1/3", "3", "[]", "{}", "null", "[" * 100_000,
        '{"time": "NOW", "level": "LOUD", "logger": "a", "message": "b"}',
        '{"time": "NOW", "level": [], "logger": "a", "message": "b"}',
        '{"time": "NOW", "level": "INFO", "logger": 1, "message": "b"}',
        '{"time": "0001-01-01T00:00:00+14:00", "level": "INFO", "logger": "a", "message": "b"}',
        '{"time": "2001-01-01T00:00:00+00:00", "level": "INFO", "logger": "a", "message": "b"}',
        '{"time": "soon", "level": "INFO", "logger": "a", "message": "b"}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_event_is_none(line):
    assert read_event(line.replace("NOW", datetime.now(UTC).isoformat())) is None


def test_all_that_the_web_server_writes_is_events():
    """Also by uvicorn, which has set its own loggers up before it loads the application."""
    program = """
import logging, logging.config, warnings
from uvicorn.config import LOGGING_CONFIG
logging.config.dictConfig(LOGGING_CONFIG)
from django.conf import settings
logging.config.dictConfig(settings.LOGGING)
logging.getLogger("uvicorn.error").error("Exception in ASGI application")
logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', "a", "GET", "/", "1.1", 200)
warnings.warn("old")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY_DIR,
        env=os.environ | {"LOUPE_LOG_FORMAT": "json", "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    events = [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]
    assert [event["logger"] for event in events] == [
        "uvicorn.error",
        "uvicorn.access",
        "py.warnings",
    ]
    assert events[1]["status"] == 200
