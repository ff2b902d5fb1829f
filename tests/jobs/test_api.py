import threading

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.roles import Role
from jobs.errors import JobFailed
from jobs.models import NO_PROGRESS, Job
from jobs.services.claim import claim
from jobs.services.end_attempt import Log, fail
from jobs.services.enqueue import enqueue
from tests import factories
from tests.jobs.testkinds import kinds


def make_job(person, kind=kinds.TRAIN_STEPS) -> Job:
    return enqueue(
        kind=kind,
        organization=person.personal_organization,
        created_by=person,
        title="Training of digits",
        payload={"seconds": 1},
    )


def failed(job: Job, code: str = "weights_unavailable") -> Job:
    Job.objects.filter(pk=job.pk).update(status="queued")
    claimed = claim(queue=job.queue, worker="w:1")
    fail(
        job_id=job.pk,
        fence=claimed.fence,
        failure=JobFailed(code, "The file is not there.", retry=False),
        log=Log(tail="OSError: /srv/secret\nline 2", public="line 2"),
    )
    job.refresh_from_db()
    return job


def test_the_job_of_the_contract(api, user):
    job = make_job(user)
    answer = api.get(f"/api/v1/jobs/{job.pk}/").json()
    assert answer["id"] == str(job.pk)
    assert answer["status"] == "pending"
    assert answer["progress"] == NO_PROGRESS
    assert answer["error"] is answer["result"] is answer["started_at"] is None


def test_a_failed_job_says_why_and_can_be_retried_once(api, user):
    job = failed(make_job(user))
    answer = api.get(f"/api/v1/jobs/{job.pk}/").json()
    assert answer["error"]["code"] == "weights_unavailable"
    assert answer["can_retry"] is True
    [attempt] = answer["attempt_history"]
    assert (attempt["number"], attempt["outcome"]) == (1, "failed")
    assert attempt["log_tail"] == "line 2"

    again = api.post(f"/api/v1/jobs/{job.pk}/retry/")
    assert again.status_code == 202
    assert again.headers["Location"] == f"/api/v1/jobs/{again.json()['id']}/"
    new = Job.objects.get(pk=again.json()["id"])
    assert (new.payload, new.lineage, new.status) == (job.payload, job.lineage, "pending")
    assert api.post(f"/api/v1/jobs/{job.pk}/retry/").status_code == 409
    assert api.get(f"/api/v1/jobs/{job.pk}/").json()["can_retry"] is False


def test_bad_data_is_not_retried(api, user):
    job = failed(make_job(user), "bad_data")
    refusal = api.post(f"/api/v1/jobs/{job.pk}/retry/")
    assert refusal.status_code == 409
    assert "Correct the data" in refusal.json()["detail"]


def test_cancel_of_a_waiting_job_is_at_once_and_may_be_repeated(api, user):
    job = make_job(user)
    for _ in range(2):
        answer = api.post(f"/api/v1/jobs/{job.pk}/cancel/")
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert api.post(f"/api/v1/jobs/{failed(make_job(user)).pk}/cancel/").status_code == 409


def test_list_and_filters(api, user):
    waiting, bad = make_job(user), failed(make_job(user, kinds.STEPS))
    make_job(factories.make_user())

    def ids(query: str) -> list[str]:
        return [job["id"] for job in api.get(f"/api/v1/jobs/{query}").json()["results"]]

    assert ids("") == [str(bad.pk), str(waiting.pk)]
    assert ids("?status=failed") == ids("?kind=test_steps") == [str(bad.pk)]
    assert ids("?status=failed&status=pending") == [str(bad.pk), str(waiting.pk)]
    assert api.get("/api/v1/jobs/?status=lost").status_code == 400


def test_a_viewer_may_look_and_not_touch(user):
    viewer = APIClient()
    viewer.force_authenticate(factories.make_member(user.personal_organization, Role.VIEWER))
    job = make_job(user)
    assert viewer.get(f"/api/v1/jobs/{job.pk}/").status_code == 200
    assert viewer.post(f"/api/v1/jobs/{job.pk}/cancel/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_one_key_twenty_times_at_once_is_one_job(user):
    job = failed(make_job(user))
    answers = []

    def send() -> None:
        client = APIClient()
        client.force_authenticate(user)
        answers.append(
            client.post(f"/api/v1/jobs/{job.pk}/retry/", headers={"Idempotency-Key": "k-1"})
        )
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert Job.objects.filter(retry_of=job).count() == 1


def test_a_key_stands_for_one_request(api, user):
    first, second = failed(make_job(user)), failed(make_job(user))
    key = {"Idempotency-Key": "k-2"}
    assert api.post(f"/api/v1/jobs/{first.pk}/retry/", headers=key).status_code == 202
    refusal = api.post(f"/api/v1/jobs/{first.pk}/retry/", {"other": "body"}, headers=key)
    assert (refusal.status_code, refusal.json()["code"]) == (409, "idempotency_key_reused")
    assert api.post(f"/api/v1/jobs/{second.pk}/retry/", headers=key).status_code == 409
    other = APIClient()
    person = factories.make_member(user.personal_organization, Role.EDITOR)
    other.force_authenticate(person)
    assert other.post(f"/api/v1/jobs/{second.pk}/retry/", headers=key).status_code == 202
    assert (
        api.post(f"/api/v1/jobs/{first.pk}/retry/", headers={"Idempotency-Key": ""}).status_code
        == 400
    )


def test_a_refused_request_does_not_use_up_its_key(api, user):
    job = make_job(user)
    key = {"Idempotency-Key": "k-3"}
    assert api.post(f"/api/v1/jobs/{job.pk}/retry/", headers=key).status_code == 409
    failed(job)
    assert api.post(f"/api/v1/jobs/{job.pk}/retry/", headers=key).status_code == 202
