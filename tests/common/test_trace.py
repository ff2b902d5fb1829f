"""Each request has an id: its answer says it, and so do its lines of logs and its jobs."""

import asyncio
import logging
import re

import pytest

from common import request_trace
from common.request_trace import RequestTraceMiddleware
from common.trace import Trace, current, trace_id_of, tracing
from jobs.models import Job
from tests import factories
from tests.jobs.conftest import queued

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
WHOLE = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (WHOLE, TRACE),
        (WHOLE.upper(), ""),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", ""),
        (f"00-{TRACE}-{'0' * 16}-01", ""),
        (f"ff-{TRACE}-00f067aa0ba902b7-01", ""),
        (f"{WHOLE}-more", ""),
        (f"{WHOLE}\n", ""),
        (f"00-{TRACE[:-1]}-00f067aa0ba902b7-01", ""),
        ('00-"}\r\nSet-Cookie: a=b', ""),
        ("", ""),
    ],
)
def test_a_traceparent_is_believed_only_where_it_is_well_formed(header, found):
    assert trace_id_of(header.encode()) == found


def answered(*headers: tuple[bytes, bytes], kind: str = "http") -> tuple[str, str]:
    """The id in the answer of an application, and the one that the application itself saw."""
    seen, sent = [], []

    async def application(scope, receive, send):
        seen.append(trace.trace_id if (trace := current()) else "")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    asyncio.run(RequestTraceMiddleware(application)({"type": kind, "headers": headers}, None, send))
    assert (b"a", b"b") in sent[0]["headers"]
    return dict(sent[0]["headers"]).get(b"x-request-id", b"").decode(), seen[0]


def test_an_answer_names_the_id_that_the_request_was_served_under():
    said, seen = answered((b"traceparent", WHOLE.encode()))
    assert said == seen == TRACE
    for headers in ([], [(b"traceparent", b"odd")], [(b"traceparent", WHOLE.encode())] * 2):
        said, seen = answered(*headers)
        assert said == seen != TRACE
        assert re.fullmatch("[0-9a-f]{32}", said)
    assert answered()[0] != answered()[0]
    assert answered(kind="lifespan") == ("", "")
    assert current() is None


@pytest.mark.parametrize("begun", [False, True])
def test_an_error_that_passes_django_by_is_logged_under_the_id(begun, caplog, monkeypatch):
    sent, seen = [], []

    async def application(scope, receive, send):
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("No layer has answered this.")

    async def send(message):
        sent.append(message)

    watching = logging.Handler()
    watching.emit = lambda record: seen.append(current().trace_id)
    monkeypatch.setattr(request_trace.logger, "handlers", [watching])
    scope = {"type": "http", "headers": [(b"traceparent", WHOLE.encode())]}
    served = RequestTraceMiddleware(application)(scope, None, send)
    if begun:
        with pytest.raises(RuntimeError):
            asyncio.run(served)
    else:
        asyncio.run(served)
        assert sent[-1]["body"].decode().endswith(f"under {TRACE}.\n")
    assert "No layer has answered this." in caplog.text
    assert seen == [TRACE]
    assert [message["status"] for message in sent if "status" in message] == [200 if begun else 500]
    assert (b"x-request-id", TRACE.encode()) in sent[0]["headers"]


def test_a_job_has_the_id_of_what_starts_it_and_one_of_its_own_where_nothing_does(db):
    person = factories.make_user()
    with tracing(Trace(TRACE)):
        queued(person, 1)
        (ours,) = Job.objects.filter(created_by=person)
    queued(person, 1)
    (other,) = Job.objects.filter(created_by=person).exclude(pk=ours.pk)
    assert ours.trace_id == TRACE
    assert re.fullmatch("[0-9a-f]{32}", other.trace_id)
    assert other.trace_id != TRACE
