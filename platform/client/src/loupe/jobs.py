"""Background work: how far it is, what happens in it, how it ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from loupe.errors import (
    CannotConnect,
    JobCancelled,
    JobFailed,
    StillRunning,
    TooManyRequests,
    Unavailable,
)
from loupe.progress import Progress
from loupe.resources import Resource

if TYPE_CHECKING:
    from loupe.client import Loupe

ENDED = frozenset({"succeeded", "failed", "cancelled"})
_POLL_SECONDS = 1.0
_STREAM_TIMEOUT = httpx.Timeout(30, connect=15)


class Event(NamedTuple):
    """One event of a job: `name` is status, progress, epoch or log."""

    id: str
    name: str
    data: dict[str, Any]


class Job(Resource):
    """Background work of any kind."""

    collection = "jobs"
    shown = ("title", "kind", "status", "progress")

    @property
    def status(self) -> str:
        """pending, queued, running, retry_wait, succeeded, failed or cancelled."""
        return str(self.data["status"])

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED

    @property
    def result(self) -> dict[str, Any] | None:
        """What came of it: {type, id, …}; None before it has succeeded."""
        found: dict[str, Any] | None = self.data["result"]
        return found

    def cancel(self) -> None:
        """Ask for its end: at once while it waits, within seconds while it runs."""
        self.data = self.api.post(f"{self.path}cancel/")

    def events(self) -> Iterator[Event]:
        """Yield what has happened (epochs, log lines), then what happens, until the job has ended.

        A cut connection is made again, and no epoch and no log line is told twice.
        """
        yield from (event for event in self._follow() if event is not None)

    def _follow(self) -> Iterator[Event | None]:
        """Yield the events; None every few seconds in which nothing happens."""
        last = ""
        while not self.has_ended:
            try:
                for event in self._stream(last):
                    if event is not None:
                        last = event.id
                    if event is not None and event.name == "status":
                        self.data |= event.data
                    yield event
            except (httpx.TransportError, CannotConnect, TooManyRequests, Unavailable):
                time.sleep(_POLL_SECONDS)
            if not self.has_ended:
                # The server starts again, or gives no more streams: it is asked how things stand.
                self.reload()
                yield Event(last, "progress", self.data["progress"])
                yield Event(last, "status", self.data)

    def wait(
        self,
        *,
        timeout: float | None = None,
        progress: bool = True,
        title: str = "",
        on_event: Callable[[Event], None] | None = None,
    ) -> Job:
        """Wait for the end and return the job; raises `JobFailed` where it has no result.

        Args:
            timeout: seconds; then `StillRunning` is raised, and the job goes on.
            progress: draw a bar, where a person can see one.
            title: what stands before the bar.
            on_event: called with each event.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with Progress(title or str(self.data.get("title", "")), shown=progress) as bar:
            for event in self._follow():
                if event is not None:
                    self._draw(bar, event)
                    if on_event is not None:
                        on_event(event)
                if deadline is not None and time.monotonic() > deadline:
                    break
        if not self.has_ended:
            what = self.data["title"] or self.data["kind"]
            raise StillRunning(f"{what} is {self.status} after {timeout} seconds.")
        # The stream tells a short form; the result may be news of the last moment.
        self.reload()
        if self.status != "succeeded":
            raise (JobCancelled if self.status == "cancelled" else JobFailed)(self.data)
        return self

    def _draw(self, bar: Progress, event: Event) -> None:
        if event.name == "progress":
            done, total = event.data.get("done") or 0, event.data.get("total") or 0
            bar.show(done, total, _message(event.data))
        elif event.name == "status":
            share = 1 if self.status == "succeeded" else 0
            if share or self.status != "running":
                bar.show(share, 1, self.status)

    def _stream(self, last: str) -> Iterator[Event | None]:
        headers = {"Last-Event-ID": last} if last else {}
        with self.api.stream(
            f"{self.path}events/",
            accept="text/event-stream",
            headers=headers,
            timeout=_STREAM_TIMEOUT,
            patience=0,
        ) as answer:
            yield from _events_of(answer.iter_lines())


def _events_of(lines: Iterator[str]) -> Iterator[Event | None]:
    """Read server-sent events; a comment, which only says that the server is there, is None."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif line:
            yield None
        elif not line and "event" in fields:
            yield Event(fields.get("id", ""), fields["event"], json.loads(fields["data"]))
            fields = {}


def _message(progress: dict[str, Any]) -> str:
    said = str(progress.get("message") or "")
    left = progress.get("eta_seconds")
    return f"{said}, {_duration(left)} left" if said and left and left >= 1 else said


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class Worked(Resource):
    """A thing that a job makes: it has a `job` and its `status`."""

    @property
    def status(self) -> str:
        """That of its job."""
        return str(self.data["status"])

    @property
    def job(self) -> Job:
        """The job that makes it."""
        return Job(self.client, self.data["job"])

    def wait(
        self,
        *,
        timeout: float | None = None,
        progress: bool = True,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """Wait until it is made, then read it again; raises `JobFailed`, `StillRunning`."""
        try:
            self.job.wait(
                timeout=timeout, progress=progress, title=self._title(), on_event=on_event
            )
        except JobFailed:
            self.reload()
            raise
        self.reload()

    def _title(self) -> str:
        return ""


def jobs_of(client: Loupe, **filters: Any) -> Iterator[Job]:
    """Yield jobs, newest first."""
    for row in client.api.pages("jobs/", **filters):
        yield Job(client, row)
