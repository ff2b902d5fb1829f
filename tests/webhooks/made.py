"""Webhooks for tests, and their jobs done in this process, through the real claim and endings."""

import os
from collections.abc import Sequence

from jobs.child.reporter import Reporter
from jobs.errors import JobFailed
from jobs.handlers import JobContext, handler_of, load_handlers
from jobs.models import Job
from jobs.services import end_attempt
from jobs.services.claim import claim
from webhooks.models import WebhookEndpoint
from webhooks.services.announce import announce
from webhooks.services.endpoints import add_endpoint


def make_endpoint(
    organization, url: str = "https://example.com/hook", events: Sequence[str] = ("job.failed",)
) -> tuple[WebhookEndpoint, str]:
    """A webhook of the organization's owner, and its secret."""
    owner = organization.memberships.get(role="owner").user
    return add_endpoint(user=owner, organization=organization, url=url, events=events)


def tell(organization, event: str = "job.failed", text: str = "It has failed.", **data) -> None:
    """Announce an event about a job."""
    announce(
        organization=organization,
        event=event,
        subject={"type": "job", "id": "1", "url": "/jobs/1/"},
        data=data,
        text=text,
    )


def do_jobs() -> list[Job]:
    """Do what waits in the queue `notify`, until nothing waits; return the jobs in their order."""
    load_handlers()
    done = []
    Job.objects.filter(queue="notify", status="pending").update(status="queued")
    while claimed := claim(queue="notify", worker="tests"):
        read_fd, write_fd = os.pipe()
        try:
            context = JobContext(claimed, Reporter(claimed.pk, claimed.fence, write_fd))
            handler_of(claimed.kind)(context)
        except JobFailed as failure:
            end_attempt.fail(job_id=claimed.pk, fence=claimed.fence, failure=failure)
        finally:
            os.close(read_fd)
            os.close(write_fd)
        claimed.refresh_from_db()
        done.append(claimed)
        Job.objects.filter(queue="notify", status="pending").update(status="queued")
    return done
