"""The live stream over a real web server: what a page or a script that watches a job is told."""

import json
import threading
import time
from collections.abc import Iterator

import pytest
import requests
from django.test import Client

from accounts.models import APIToken, Membership
from accounts.roles import Role
from jobs import events
from jobs.live import CHECK_SECONDS, WAIT_SECONDS
from jobs.models import Job, Status
from jobs.services.cancel import cancel
from tests import factories
from tests.jobs.testkinds import kinds


@pytest.fixture
def job(stack, user) -> Job:
    """A job that no worker runs: the platform's workers do not serve its queue."""
    job = Job.objects.create(
        kind=kinds.STEPS.name,
        queue="nobody",
        organization=user.personal_organization,
        created_by=user,
        title="Watched",
    )
    Job.objects.filter(pk=job.pk).update(status=Status.QUEUED)
    return job


@pytest.fixture
def watch(stack, user, job):
    """`watch(last_event_id="")` yields (id, event, data) until the stream ends."""
    token = APIToken.objects.create(user, name="watcher", scopes=["read"])[1]

    def _watch(last_event_id: str = "") -> Iterator[tuple[str, str, dict]]:
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        url = f"{stack.url}/api/v1/jobs/{job.pk}/events/"
        with requests.get(url, headers=headers, stream=True, timeout=30) as response:
            assert response.status_code == 200, response.text
            assert response.headers["Content-Type"].startswith("text/event-stream")
            fields: dict[str, str] = {}
            for line in _lines(response, stack):
                name, _, value = line.partition(": ")
                if line and name:
                    fields[name] = value
                elif not line and "event" in fields:
                    yield fields.get("id", ""), fields["event"], json.loads(fields["data"])
                    fields = {}

    return _watch


def _lines(response: requests.Response, stack) -> Iterator[str]:
    try:
        yield from response.iter_lines(decode_unicode=True)
    except requests.RequestException as error:
        pytest.fail(f"{error}\n{stack.log('web')[-4000:]}")


def run_to_its_end(job: Job) -> None:
    """What a worker would publish, then the end."""
    events.publish(job.pk, [("progress", {"done": 1, "total": 2, "unit": "epochs"})])
    events.publish(job.pk, [("epoch", {"epoch": 1}), ("log", {"message": "one"})])
    events.publish(job.pk, [("epoch", {"epoch": 2}), ("log", {"message": "two"})])
    cancel(user=job.created_by, job=job)


def test_live_events_arrive_and_the_end_closes_the_stream(job, watch):
    threading.Timer(1.0, run_to_its_end, [job]).start()
    told = [(name, data) for _, name, data in watch()]
    assert [name for name, _ in told] == [
        "progress", "status", "progress", "epoch", "log", "epoch", "log", "status",
    ]  # fmt: skip
    assert (told[1][1]["status"], told[-1][1]["status"]) == ("queued", "cancelled")
    assert told[2][1]["done"] == 1


def test_who_comes_late_is_told_what_happened_and_resumes_where_they_left(job, watch):
    run_to_its_end(job)
    everything = list(watch())
    assert [name for _, name, _ in everything] == [
        "epoch", "log", "epoch", "log", "progress", "status",
    ]  # fmt: skip
    rest = list(watch(last_event_id=everything[1][0]))
    assert [data for _, name, data in rest if name == "epoch"] == [{"epoch": 2}]
    after_all = list(watch(last_event_id=everything[-1][0]))
    assert [name for _, name, _ in after_all] == ["progress", "status"]
    ids = [event_id for event_id, _, _ in everything + after_all]
    assert len(set(ids)) == len(ids), "browsers drop an event whose id they have seen"


def test_a_stream_needs_a_right_to_it(stack, job):
    url = f"{stack.url}/api/v1/jobs/{job.pk}/events/"
    assert requests.get(url, timeout=10).status_code == 401
    stranger = APIToken.objects.create(factories.make_user(), name="stranger", scopes=["read"])[1]
    refused = requests.get(url, headers={"Authorization": f"Bearer {stranger}"}, timeout=10)
    assert refused.status_code == 404


def test_thirty_readers_hold_no_database_connection(stack, job, watch):
    from django.db import connection

    def connections() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            )
            return cursor.fetchone()[0]

    before = connections()
    readers = [watch() for _ in range(30)]
    for reader in readers:
        assert next(reader)[1] == "progress"
    time.sleep(0.5)
    assert connections() <= before + 3
    # One person may have forty; one more is refused, and they are counted off when they end.
    readers += [watch() for _ in range(10)]
    assert [next(reader)[1] for reader in readers[30:]] == ["progress"] * 10
    with pytest.raises(AssertionError, match="too_many_streams"):
        next(watch())
    run_to_its_end(job)
    assert all(list(reader)[-1][2]["status"] == "cancelled" for reader in readers)
    assert [name for _, name, _ in watch()][-1] == "status"


def test_a_stream_ends_soon_after_the_right_to_it(stack, user, job, watch):
    people = {name: factories.make_member(user.personal_organization, Role.VIEWER)
              for name in ("leaves", "revokes", "signs out", "changes password")}  # fmt: skip
    tokens = {name: APIToken.objects.create(people[name], name=name, scopes=["read"])
              for name in ("leaves", "revokes")}  # fmt: skip
    sessions = {name: Client() for name in ("signs out", "changes password")}
    for name, client in sessions.items():
        client.force_login(people[name])
    stays = watch()
    streams = {
        name: _open(stack, job, {"Authorization": f"Bearer {token}"}, {})
        for name, (_, token) in tokens.items()
    }
    for name, client in sessions.items():
        cookies = {key: morsel.value for key, morsel in client.cookies.items()}
        streams[name] = _open(stack, job, {}, cookies)
    assert all(next(stream) for stream in streams.values())
    assert next(stays)[1] == "progress"

    Membership.objects.filter(user=people["leaves"]).delete()
    tokens["revokes"][0].delete()
    sessions["signs out"].logout()
    people["changes password"].set_password("another long password")
    people["changes password"].save()
    # Twice what it should take: machines are slow. The job's end would end every stream.
    too_late = threading.Timer(2 * (CHECK_SECONDS + WAIT_SECONDS), run_to_its_end, [job])
    too_late.start()
    for stream in streams.values():
        list(stream)
    too_late.cancel()
    job.refresh_from_db()
    assert not job.is_terminal
    run_to_its_end(job)
    assert list(stays)[-1][2]["status"] == "cancelled", "whose right it still is stays"


def _open(stack, job: Job, headers: dict, cookies: dict) -> Iterator[str]:
    url = f"{stack.url}/api/v1/jobs/{job.pk}/events/"
    answer = requests.get(url, headers=headers, cookies=cookies, stream=True, timeout=60)
    assert answer.status_code == 200
    return _lines(answer, stack)
