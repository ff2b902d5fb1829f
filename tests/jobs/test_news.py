"""What every page tells of a person's jobs."""

from datetime import timedelta

from django.db.models.functions import Now
from django.utils import timezone

from accounts.roles import Role
from jobs.models import Job
from tests import factories


def ended(user, *, kind="import", status="succeeded", organization=None, ago=0, **fields):
    """A job of `user` that has just ended."""
    job = Job.objects.create(
        kind=kind,
        queue="nobody",
        organization=organization or user.personal_organization,
        created_by=user,
        title=f"{kind} {status}",
        **fields,
    )
    Job.objects.filter(pk=job.pk).update(status="queued")
    Job.objects.filter(pk=job.pk).update(status="running", fence=1)
    Job.objects.filter(pk=job.pk).update(status=status, ended_at=Now() - timedelta(hours=ago))
    return job


def told(client, since):
    answer = client.get("/jobs/news/", {"since": since} if since else {})
    assert answer.status_code == 200
    return answer.json()


def test_the_end_of_ones_own_jobs_is_told_with_the_way_to_the_result(page_client, user):
    first = told(page_client, "")
    assert (first["active"], first["ended"]) == (0, [])
    report = "6f0f2c1e-1111-4222-8333-444455556666"
    done = ended(user, payload={"import": report})
    failed = ended(user, kind="train", status="failed", error={"detail": "Out of memory."})
    colleague = factories.make_member(user.personal_organization, Role.EDITOR)
    ended(colleague, organization=user.personal_organization)
    ended(user, kind="help_import")
    ended(user, kind="check_quality")
    ended(user, status="cancelled")
    news = told(page_client, first["now"])
    assert [job["id"] for job in news["ended"]] == [str(done.pk), str(failed.pk)]
    assert news["ended"][0]["url"] == f"/datasets/imports/{report}/"
    assert news["ended"][1]["url"] == f"/jobs/{failed.pk}/"
    assert news["ended"][1]["error"] == "Out of memory."


def test_what_failed_by_itself_is_told_too(page_client, user):
    failed = ended(user, kind="check_quality", status="failed", error={"detail": "Disk full."})
    since = (timezone.now() - timedelta(minutes=1)).isoformat()
    assert [job["id"] for job in told(page_client, since)["ended"]] == [str(failed.pk)]


def test_neither_yesterday_nor_everything_is_told(page_client, user):
    ended(user, ago=24)
    newest = [ended(user) for _ in range(22)][-1]
    for since in ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00+18:53"):
        ids = [job["id"] for job in told(page_client, since)["ended"]]
        assert len(ids) == 20
        assert ids[-1] == str(newest.pk)


def test_asking_is_cheap(page_client, user, django_assert_max_num_queries):
    ended(user)
    page_client.get("/jobs/news/")
    with django_assert_max_num_queries(4):
        told(page_client, "2020-01-01T00:00:00Z")


def test_what_ended_before_the_first_question_is_known_not_news(page_client, user):
    job = ended(user)
    ended(user, ago=1)
    for nonsense in ("", "yesterday", "2020-01-01", "\0", "0001-01-01T00:00:00+18:00"):
        assert [one["id"] for one in told(page_client, nonsense)["ended"]] == [str(job.pk)]
