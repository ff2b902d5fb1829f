"""A job as a page shows it to one person: how far it is, and what they may do about it."""

from dataclasses import dataclass

from django.urls import reverse

from jobs.models import Job
from jobs.selectors.jobs import Person, log_of, may_change
from jobs.selectors.retries import why_not_retried


@dataclass(frozen=True)
class JobPanel:
    """What `components/job_panel.html` draws; `retry_url` is empty where nothing can be retried."""

    job: Job
    title: str
    may_change: bool
    retry_url: str
    log_tail: str


def job_panel(user: Person, job: Job, title: str = "") -> JobPanel:
    """Return the panel of a job that `user` may see, by default with the job's own title."""
    may = may_change(user, job)
    can_retry = may and not why_not_retried(job)
    return JobPanel(
        job=job,
        title=title or job.title,
        may_change=may,
        retry_url=reverse("jobs:retry", args=[job.pk]) if can_retry else "",
        log_tail=log_of(job),
    )
