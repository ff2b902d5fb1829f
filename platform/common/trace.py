"""What the work at hand belongs to, for lines of logs and for the jobs that it starts.

A request has a trace id; a job has that of the request that started it, and its process the job's.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

# `traceparent` of W3C Trace Context, version 00: trace, parent span, flags.
_TRACEPARENT = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


@dataclass(frozen=True)
class Trace:
    """A trace id (32 hex digits, as in W3C Trace Context), and the job, where there is one."""

    trace_id: str
    job_id: str = ""
    attempt: int = 0
    organization_id: str = ""

    def fields(self) -> Mapping[str, str | int]:
        """Return what is known, by name."""
        return {name: value for name, value in vars(self).items() if value}


_current: ContextVar[Trace | None] = ContextVar("loupe_trace", default=None)
_of_process: Trace | None = None


def new_trace_id() -> str:
    """Return a trace id that no other request has."""
    return secrets.token_hex(16)


def trace_id_of(traceparent: bytes) -> str:
    """Return the trace id that the header names; "" where it is no `traceparent` of version 00."""
    found = _TRACEPARENT.fullmatch(traceparent)
    valid = found is not None and found[1].strip(b"0") and found[2].strip(b"0")
    return found[1].decode() if found and valid else ""


def current() -> Trace | None:
    """Return the trace of the work at hand; None for work that belongs to no request and no job."""
    return _current.get() or _of_process


@contextmanager
def tracing(trace: Trace) -> Iterator[None]:
    """Have the block belong to `trace`.

    A thread that the block starts does so only in a copy of the block's context.
    """
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)


def trace_process(trace: Trace) -> None:
    """Have this whole process belong to `trace`, with all its threads, for the rest of its life."""
    global _of_process
    _of_process = trace
