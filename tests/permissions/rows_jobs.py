"""Who may do what with the routes of jobs; how to write rows stands in matrix.py."""

from jobs.errors import JobFailed
from jobs.kinds import Kind, Queue, register
from jobs.models import Job
from jobs.services.claim import claim
from jobs.services.end_attempt import fail
from jobs.services.enqueue import enqueue
from tests.permissions.matrix import ForeignKey, Row, World, api, page

KIND = Kind(name="test_matrix", title="Matrix", queue=Queue.IO)
register(KIND)


def build(world: World) -> None:
    """Add a job that waits, and one that has failed, to each tenant."""
    for prefix, organization in (
        ("", world.organization),
        ("other_", world.other_organization),
    ):
        setattr(world, f"{prefix}job", _job(organization))
        setattr(world, f"{prefix}failed_job", _failed(_job(organization)))


def _job(organization) -> Job:
    return enqueue(kind=KIND, organization=organization, created_by=None, title="Waits", payload={})


def _failed(job: Job) -> Job:
    Job.objects.filter(pk=job.pk).update(status="queued")
    claimed = claim(queue=KIND.queue, worker="matrix:1")
    assert claimed == job
    failure = JobFailed("weights_unavailable", "As the matrix wished.")
    fail(job_id=job.pk, fence=claimed.fence, failure=failure)
    return job


def _waiting(world: World) -> dict[str, object]:
    return {"pk": world.job.pk}


def _ended(world: World) -> dict[str, object]:
    return {"pk": world.failed_job.pk}


ROWS: list[Row] = [
    api("GET", "jobs/", other=200),
    api("GET", "jobs/<uuid:pk>/", path=_waiting),
    api("POST", "jobs/<uuid:pk>/cancel/", needs="editor", path=_waiting),
    api("POST", "jobs/<uuid:pk>/retry/", needs="editor", ok=202, path=_ended),
    api("POST", "jobs/<uuid:pk>/dismiss/", needs="editor", path=_ended),
    api("GET", "jobs/<uuid:pk>/events/", path=_ended),
    page("GET", "jobs/", other=200),
    page("GET", "jobs/news/", other=200),
    page("GET", "jobs/<uuid:pk>/", path=_waiting),
    page("GET", "jobs/<uuid:pk>/live/", path=_waiting),
    page("POST", "jobs/<uuid:pk>/retry/", needs="editor", ok=302, path=_ended),
    page("POST", "jobs/<uuid:pk>/dismiss/", needs="editor", ok=302, path=_ended),
]

FOREIGN_KEYS: list[ForeignKey] = []
