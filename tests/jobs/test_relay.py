"""The relay rings for what has not been heard."""

from datetime import timedelta

from django.db import connection
from django.db.models.functions import Now

from jobs import events
from jobs.models import Job
from jobs.services.claim import claim
from jobs.services.relay import relay
from tests.jobs.conftest import queued


def test_the_relay_rings_for_what_nobody_has_heard_and_for_no_more(user, settings):
    settings.JOB_REPUBLISH_SECONDS = 60
    redis = events.client()
    redis.delete("train")
    jobs = queued(user, 3)
    assert relay() == 3
    assert redis.llen("train") == 3
    assert relay() == 0, "each has its message"
    redis.lpop("train")
    assert relay() == 0, "it may be on its way to a worker"
    Job.objects.filter(pk=jobs[1].pk).update(published_at=Now() - timedelta(seconds=61))
    assert relay() == 1
    assert redis.llen("train") == 3
    redis.delete("train")
    Job.objects.update(published_at=Now() - timedelta(seconds=61))
    assert claim(queue="train", worker="w:1") is not None
    assert relay() == 2, "one that runs needs no message"
    redis.delete("train")


def test_what_is_due_or_pending_for_a_while_is_queued_by_the_relay(user):
    redis = events.client()
    redis.delete("train")
    unheard, another, pending, due, later = queued(user, 5)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE jobs_job DISABLE TRIGGER job_status_guard")
    Job.objects.filter(pk=pending.pk).update(
        status="pending", created_at=Now() - timedelta(seconds=3)
    )
    Job.objects.filter(pk=due.pk).update(status="retry_wait", available_at=Now())
    Job.objects.filter(pk=later.pk).update(
        status="retry_wait", available_at=Now() + timedelta(seconds=50)
    )
    assert relay() == 4
    assert redis.llen("train") == 4
    jobs = (unheard, another, pending, due, later)
    states = [Job.objects.get(pk=job.pk).status for job in jobs]
    assert states == ["queued", "queued", "queued", "queued", "retry_wait"]
    redis.delete("train")
