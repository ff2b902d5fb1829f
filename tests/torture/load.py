"""The jobs of a campaign, each with the end that it must reach; real work is in real_work.py."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from accounts.models import AuditEntry, User
from common.errors import Conflict
from jobs.models import Job, Status
from jobs.services.cancel import cancel
from jobs.services.enqueue import enqueue
from tests.jobs.testkinds import kinds


@dataclass
class Expectation:
    """A job, the ends that are right for it, how many results it has; `damage` examines them."""

    job: Job
    ends: tuple[Status, ...]
    results: Callable[[Job], int]
    upload: Path | None = None
    cancel_by: User | None = None
    damage: Callable[[Job], list[str]] | None = None


def steps(rng: random.Random, people: list[User], folder: Path, number: int) -> Expectation:
    """A job of test steps: most succeed, some have bad data, some are cancelled."""
    person = rng.choice(people)
    upload = folder / f"{number}.upload"
    upload.write_text("as if it were an archive")
    payload = {
        "steps": rng.randint(2, 10),
        "seconds": round(rng.uniform(0.03, 0.4), 3),
        "journal": str(folder / f"{number}.journal"),
        "upload": str(upload),
    }
    fate = rng.choices(["succeed", "fail", "cancel"], weights=[80, 8, 12])[0]
    ends: tuple[Status, ...] = (Status.SUCCEEDED,)
    if fate == "fail":
        payload["fail"] = "bad_data"
        ends = (Status.FAILED,)
    job = enqueue(
        kind=kinds.STUBBORN,
        organization=person.personal_organization,
        created_by=person,
        title=f"Torture {number}",
        payload=payload,
        priority=rng.choice([0, 0, 0, 1]),
    )
    if fate == "cancel":
        # It may have succeeded before the request came.
        ends = (Status.CANCELLED, Status.SUCCEEDED)
    return Expectation(job, ends, _results, upload, person if fate == "cancel" else None)


def cancel_one(rng: random.Random, expectations: list[Expectation]) -> None:
    """Cancel one of the jobs that are to be cancelled."""
    left = [one for one in expectations if one.cancel_by and not _asked(one.job)]
    if left:
        one = rng.choice(left)
        person, one.cancel_by = one.cancel_by, None
        # It may have succeeded by now.
        with suppress(Conflict):
            cancel(user=person, job=one.job)


def _asked(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, cancel_requested_at__isnull=False).exists()


def _results(job: Job) -> int:
    return AuditEntry.objects.filter(action="test.result", object_id=str(job.pk)).count()
