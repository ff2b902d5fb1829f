"""The lease of a running job: who keeps it, and what silence is."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from jobs.models import Job
from jobs.services.cancel import cancel
from jobs.services.claim import claim
from jobs.services.lease import Used
from jobs.supervision.lease import LeaseKeeper
from tests.jobs.conftest import queued


def used() -> Used:
    """What the work of these tests has used."""
    return Used(3.5, 1.25)


def test_the_lease_is_kept_until_somebody_else_has_the_job(running, user, settings):
    settings.JOB_LEASE_SECONDS = 100
    keeper = LeaseKeeper(running.pk, running.fence, in_background=False, used=used)
    until = lambda: Job.objects.get(pk=running.pk).lease_until  # noqa: E731
    Job.objects.filter(pk=running.pk).update(lease_until=Now() + timedelta(seconds=1))
    first = until()
    settings.JOB_RENEW_SECONDS = 1000
    keeper._contact_at -= 50
    keeper._keep()
    assert until() == first, "not due"
    assert keeper.seconds_since_contact < 5
    settings.JOB_RENEW_SECONDS = 0
    keeper._keep()
    assert until() > first + timedelta(seconds=50)
    running.refresh_from_db()
    assert (running.processor_seconds, running.gpu_seconds) == used()
    assert (keeper.lost, keeper.cancel_requested) == (False, False)
    cancel(user=user, job=running)
    keeper._keep()
    assert (keeper.lost, keeper.cancel_requested) == (False, True)
    Job.objects.filter(pk=running.pk).update(fence=running.fence + 1)
    keeper._keep()
    assert (keeper.lost, keeper.cancel_requested) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_our_own_child_has_locked_is_no_silence(user, settings, caplog):
    settings.JOB_RENEW_SECONDS = 0
    queued(user)
    running = claim(queue="train", worker="w:1")
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Job.objects.select_for_update(of=("self",)).get(pk=running.pk)
            locked.set()
            done.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait(20)
    keeper = LeaseKeeper(running.pk, running.fence, in_background=False, used=used)
    keeper._contact_at -= 1000
    connection.close()
    keeper._keep()
    done.set()
    thread.join()
    assert keeper.seconds_since_contact < 100
    assert not keeper._away
    # Postgres that cannot be asked at all is silence, which is said once.
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 1; SET lock_timeout = 0")
        cursor.execute("SELECT 1")
    keeper._contact_at = keeper._contact_at - 1000
    keeper._away = False
    keeper.tell_silence()
    keeper.tell_silence()
    assert keeper._away
    assert caplog.text.count("Postgres does not answer") == 1
    connection.close()
    keeper._keep()
    assert "Postgres answers again" in caplog.text
    assert not keeper._away


def test_silence_is_told_only_after_two_missed_renewals(running, settings, caplog):
    settings.JOB_RENEW_SECONDS = 10
    keeper = LeaseKeeper(running.pk, running.fence, in_background=False, used=used)
    keeper._contact_at -= 19
    keeper.tell_silence()
    assert not keeper._away
    keeper._contact_at -= 2
    keeper.tell_silence()
    assert "no word from it for 21 s" in caplog.text
