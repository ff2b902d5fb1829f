"""What follows from an end, a word or a deletion: who is told, what is recorded, what goes."""

import json
import os
import time
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from accounts.models import AuditEntry
from jobs import events, kinds
from jobs.child.context import JobContext
from jobs.child.main import _listen
from jobs.child.reporter import Reporter
from jobs.errors import JobFailed
from jobs.handlers import _handlers, handler_of, handles
from jobs.idempotency import _fingerprint
from jobs.models import Job
from jobs.selectors.figures import figures
from jobs.selectors.jobs import story_of
from jobs.services import end_attempt, listeners
from jobs.services.claim import claim
from jobs.services.dismiss import dismiss
from jobs.services.forget import forget
from jobs.supervision.child import Child
from jobs.supervision.supervisor import Supervisor
from storage import scratch
from tests.jobs.conftest import queued
from tests.jobs.testkinds import kinds as testkinds
from tests.jobs.testkinds import work

__all__ = ["work"]


@pytest.fixture
def heard(monkeypatch) -> list:
    """The jobs whose end a listener has heard of."""
    heard = []
    monkeypatch.setattr(listeners, "_listeners", [lambda job: 1 / 0, heard.append])
    return heard


def statuses(job: Job) -> list[str]:
    sent = events.client().xrange(events.stream_key(job.pk))
    return [json.loads(one["data"])["status"] for _, one in sent if one["event"] == "status"]


def ended(job: Job, detail: str = "No.") -> None:
    failure = JobFailed("bad_data", detail)
    assert end_attempt.fail(job_id=job.pk, fence=job.fence, failure=failure)
    job.refresh_from_db()


def test_an_end_is_told_to_the_stream_and_to_listeners(
    user, heard, django_capture_on_commit_callbacks
):
    queued(user, 3)
    fails, cancelled, again = (claim(queue="train", worker="w:1") for _ in range(3))
    with django_capture_on_commit_callbacks(execute=True):
        ended(fails)
        assert end_attempt.cancelled(job_id=cancelled.pk, fence=cancelled.fence)
        end_attempt.fail(
            job_id=again.pk, fence=again.fence, failure=JobFailed("internal", "It broke.")
        )
    assert statuses(fails)[-1] == "failed"
    assert statuses(cancelled)[-1] == "cancelled"
    assert statuses(again)[-1] == "retry_wait"
    # The other listener's fault keeps no one from hearing; what goes on has not ended.
    assert heard == [fails, cancelled]


def test_who_read_why_a_job_failed_is_recorded_once(user, running):
    ended(running)
    for _ in range(2):
        assert dismiss(user=user, job=running).dismissed_at is not None
        entry = AuditEntry.objects.get(action="job.dismiss")
        assert (entry.actor, entry.object_id) == (user, str(running.pk))


def test_forgotten_jobs_take_their_files_along(user, running, django_capture_on_commit_callbacks):
    [other] = queued(user)
    ended(running)
    folders = [scratch.job_dir(pk) for pk in (running.pk, running.lineage, other.pk)]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "file").write_text("x")
    with django_capture_on_commit_callbacks(execute=True):
        assert forget(lineages=[running.lineage]) == 1
        assert forget(lineages=[]) == 0
    assert [folder.exists() for folder in folders] == [False, False, True]
    assert list(Job.objects.all()) == [other]


def test_durations_are_summed_over_jobs_of_a_kind(user):
    queued(user, 3)
    jobs = [claim(queue="train", worker="w:1") for _ in range(3)]
    # Those that took long fall into another bucket.
    Job.objects.filter(pk=jobs[2].pk).update(started_at="2020-01-01T00:00:00Z")
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(status="succeeded", ended_at=Now())
    found = figures().durations_by_kind[jobs[0].kind]
    assert found.count == sum(found.buckets) == 3
    assert found.total_seconds > 1e6


def test_a_kind_has_one_handler():
    kind = testkinds.TRAIN_STEPS
    own = handler_of(kind.name)
    assert handles(kind)(own) is own, "imported twice it is the same"
    with pytest.raises(ValueError, match="has two of these"):
        handles(kind)(lambda context: None)
    assert handler_of(kind.name) is own
    assert kind.name in _handlers


def request(data, method: str = "POST", path: str = "/a/") -> SimpleNamespace:
    return SimpleNamespace(method=method, get_full_path=lambda: path, data=data)


def form(**values) -> QueryDict:
    found = QueryDict(mutable=True)
    found._encoding = "utf-8"
    MultiValueDict.update(found, MultiValueDict({name: [value] for name, value in values.items()}))
    return found


def test_requests_are_the_same_by_what_they_say():
    file = lambda content, name="a.png": SimpleUploadedFile(name, content)  # noqa: E731
    one = _fingerprint(request({"a": 1, "b": [2]}))
    assert one == _fingerprint(request({"b": [2], "a": 1})), "the order of fields says nothing"
    upload = _fingerprint(request(form(x="1", file=file(b"one"))))
    assert upload == _fingerprint(request(form(file=file(b"one"), x="1")))
    others = [
        one, upload, _fingerprint(request({"a": 1, "b": [3]})),
        _fingerprint(request({"a": 1, "b": [2]}, method="PUT")),
        _fingerprint(request({"a": 1, "b": [2]}, path="/b/")),
        _fingerprint(request(form(x="1", file=file(b"two")))),
        _fingerprint(request(form(x="1", file=file(b"one", "b.png")))),
        _fingerprint(request(form(x="2", file=file(b"one")))),
        _fingerprint(request(form(y="1", file=file(b"one")))),
    ]  # fmt: skip
    assert len(set(others)) == len(others)
    sent = file(b"read again")
    _fingerprint(request(form(file=sent)))
    assert sent.read() == b"read again"


def test_a_word_on_the_control_pipe_stops_the_work(running):
    read_fd, _kept_open = os.pipe()
    context = JobContext(running, Reporter(running.pk, running.fence, _kept_open))
    _listen(context, read_fd)
    # The end of the pipe would end this process: it stays open.
    for words, reason in ((b"stop\n", "stop"), (b"stop\ncancel\n", "cancel")):
        os.write(_kept_open, words)
        deadline = time.monotonic() + 10
        while context._stop_reason != reason and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (context._stop_reason, context.should_stop()) == (reason, True)


@pytest.mark.django_db(transaction=True)
def test_what_was_reported_last_is_sent_before_the_end(user):
    queued(user)
    job = claim(queue="train", worker="w:1")
    read_fd, write_fd = os.pipe()
    reporter = Reporter(job.pk, job.fence, write_fd)
    reporter.start()
    reporter.event("epoch", {"number": 9})
    started = time.monotonic()
    reporter.close()
    assert time.monotonic() - started < 8
    assert not reporter._thread.is_alive()
    sent = events.client().xrange(events.stream_key(job.pk))
    assert sent[-1][1]["event"] == "epoch"
    os.close(read_fd)
    os.close(write_fd)


@pytest.mark.django_db(transaction=True)
def test_a_kind_that_this_worker_does_not_know_fails_by_name(user):
    [job] = queued(user)
    Job.objects.filter(pk=job.pk).update(kind="of_a_later_loupe")
    job = claim(queue="train", worker="w:1")
    verdict = Supervisor(job, lambda: False).run()
    assert (verdict.name, verdict.failure.code) == ("failed", "internal")
    assert "knows no kind of job named 'of_a_later_loupe'" in verdict.failure.detail
    job.refresh_from_db()
    assert job.status == "retry_wait"
    assert job.error["detail"] == verdict.failure.detail


def test_pipes_of_a_child_are_closed_after_it():
    child = Child(lambda _: 0)
    child.close_far_ends()
    control = child._control_fd
    child.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(control)


def test_the_page_of_a_job_says_whether_it_would_resume(user, running):
    resumable = kinds.get(running.kind).resumable
    assert story_of(user, running).resumes == resumable
    [waiting] = queued(user)
    assert not story_of(user, waiting).resumes
    running.kind = "of_a_later_loupe"
    assert not story_of(user, running).resumes
