"""Whose turn it is: priority, fair share between people and between organizations, age."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.services.organizations import create_organization
from jobs.errors import JobFailed
from jobs.models import Job
from jobs.selectors.queue import positions_in_queue
from jobs.services.claim import claim
from jobs.services.end_attempt import fail, give_back
from jobs.services.enqueue import enqueue
from jobs.services.lease import look
from jobs.services.publish import publish_pending
from tests import factories
from tests.jobs.conftest import queued
from tests.jobs.testkinds import kinds


def finish(job: Job) -> None:
    fail(job_id=job.pk, fence=job.fence, failure=JobFailed("bad_data", "Done with."))


def test_a_hundred_jobs_of_one_do_not_starve_anothers_one(db):
    many, one = factories.make_user(), factories.make_user()
    queued(many, 100)
    [single] = queued(one)
    first = claim(queue="train", worker="w:1")
    assert first.organization == many.personal_organization
    assert positions_in_queue([single]) == {single.pk: 1}
    second = claim(queue="train", worker="w:2")
    assert second == single
    finish(first)
    finish(second)
    queued(one, 3)
    turns = []
    for _ in range(6):
        job = claim(queue="train", worker="w:1")
        turns.append(job.organization_id)
        finish(job)
    assert turns[0] != turns[1]
    assert turns[:2] == turns[2:4] == turns[4:6], "they take turns"


def turns(number: int) -> list[Job]:
    """Return the next jobs that the one worker takes, each ended before the next is taken."""
    taken = []
    for _ in range(number):
        job = claim(queue="train", worker="w:1")
        taken.append(job)
        finish(job)
    return taken


def test_several_organizations_win_one_person_no_turns(db):
    many, one = factories.make_user(), factories.make_user()
    jobs = []
    for number in range(4):
        organization = create_organization(user=many, name=f"Front {number}")
        jobs += queued(many, 2, organization=organization)
    jobs += queued(one, 3)
    places = positions_in_queue(jobs)
    taken = turns(8)
    assert [job.created_by == many for job in taken[:6]] in ([True, False] * 3, [False, True] * 3)
    # And their organizations take turns with one another.
    assert len({job.organization_id for job in taken if job.created_by == many}) == 4
    assert [places[job.pk] for job in taken] == list(range(1, 9)), "as the pages said beforehand"


def test_several_people_win_an_organization_no_turns(db):
    owner, one = factories.make_user(), factories.make_user()
    organization = owner.personal_organization
    jobs = queued(owner, 3)
    for _ in range(3):
        jobs += queued(factories.make_user(), organization=organization)
    jobs += queued(one, 2)
    places = positions_in_queue(jobs)
    taken = turns(5)
    assert [job.organization == organization for job in taken[:4]] == [True, False] * 2
    # Within it, a latecomer need not wait for all that the first has queued.
    inside = [job.created_by_id for job in taken if job.organization == organization]
    assert len(set(inside)) == 3
    assert [places[job.pk] for job in taken] == list(range(1, 6))


def test_priority_goes_before_fair_share_and_age_decides_last(db):
    person = factories.make_user()
    old, new = queued(person, 2)
    [urgent] = queued(person, priority=5)
    assert positions_in_queue([old, new, urgent]) == {urgent.pk: 1, old.pk: 2, new.pk: 3}
    assert [claim(queue="train", worker="w:1") for _ in range(4)] == [urgent, old, new, None]


def test_what_lets_others_pass_has_its_turn_at_last(db, settings):
    settings.JOB_YIELD_SECONDS = 0
    person, others = factories.make_user(), factories.make_user()
    patient = enqueue(
        kind=kinds.IN_TURN, organization=person.personal_organization, created_by=person,
        title="Patient", payload={}, priority=-1,
    )  # fmt: skip
    long_ago = timezone.now() - timedelta(hours=1)
    flood = queued(others, 6)
    Job.objects.update(status="queued", published_at=long_ago)

    def moved(**fields) -> None:
        Job.objects.filter(pk=patient.pk).update(**fields)
        patient.refresh_from_db()

    def place() -> int | None:
        patient.refresh_from_db()
        return positions_in_queue([patient])[patient.pk]

    assert place() == 7
    assert claim(queue="train", worker="w:1") == flood[0]
    moved(turn_at=long_ago)
    assert place() == 1
    taken = claim(queue="train", worker="w:1")
    assert taken == patient
    assert not look(job_id=taken.pk, fence=taken.fence).in_the_way, "it has its turn"
    give_back(job_id=taken.pk, fence=taken.fence)
    moved(status="queued")
    assert place() == 1, "it had hardly begun"
    taken = claim(queue="train", worker="w:1")
    moved(claimed_at=timezone.now() - timedelta(seconds=settings.JOB_TURN_SECONDS))
    assert look(job_id=taken.pk, fence=taken.fence).in_the_way, "its turn is over"
    give_back(job_id=taken.pk, fence=taken.fence)
    moved(status="queued")
    assert patient.turn_at > timezone.now() + timedelta(seconds=settings.JOB_TURN_WAIT_SECONDS - 60)
    assert place() == 6, "it lets others pass again"


def test_what_began_while_no_one_waited_gives_its_place_up(db, settings):
    settings.JOB_YIELD_SECONDS = 0
    person = factories.make_user()
    patient = enqueue(
        kind=kinds.IN_TURN, organization=person.personal_organization, created_by=person,
        title="Patient", payload={}, priority=-1,
    )  # fmt: skip
    Job.objects.update(status="queued")
    taken = claim(queue="train", worker="w:1")
    assert not look(job_id=taken.pk, fence=taken.fence).in_the_way
    [waiting] = queued(factories.make_user())
    Job.objects.filter(pk=waiting.pk).update(published_at=timezone.now() - timedelta(seconds=5))
    assert look(job_id=taken.pk, fence=taken.fence).in_the_way
    due = patient.turn_at
    give_back(job_id=taken.pk, fence=taken.fence)
    patient.refresh_from_db()
    assert patient.turn_at == due, "it waits no longer for its turn than it would have"


@pytest.mark.django_db(transaction=True)
def test_claims_at_the_same_time_take_different_jobs():
    person = factories.make_user()
    queued(person, 12)
    claimed: list[Job | None] = []

    def work() -> None:
        claimed.append(claim(queue="train", worker="w:1"))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pks = [job.pk for job in claimed if job]
    assert len(pks) == len(set(pks)) == 12


def test_publishing_twice_queues_once(db):
    person = factories.make_user()
    job = enqueue(
        kind=kinds.TRAIN_STEPS,
        organization=person.personal_organization,
        created_by=person,
        title="Once",
        payload={},
    )
    assert [publish_pending(job_id=job.pk) for _ in range(2)] == [True, False]


def test_a_job_is_its_owners_until_another_takes_it_or_it_fails(db):
    """A supervisor ends a child whose job is not its own: one that just succeeded still rings."""
    queued(factories.make_user(), 2)
    done, failed = claim(queue="train", worker="w:1"), claim(queue="train", worker="w:1")
    assert look(job_id=done.pk, fence=done.fence) is not None
    Job.objects.filter(pk=done.pk).update(status="succeeded")
    finish(failed)
    assert look(job_id=done.pk, fence=done.fence) is not None
    assert look(job_id=done.pk, fence=done.fence - 1) is None
    assert look(job_id=failed.pk, fence=failed.fence) is None
