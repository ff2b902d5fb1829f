"""Which jobs a person may see, and the words and figures that pages show of them."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count
from django.urls import reverse

from accounts.querysets import TenantQuerySet
from accounts.roles import Role
from jobs import kinds
from jobs.models import TERMINAL, WAITING, Job, JobAttempt, Status
from jobs.selectors.queue import position_in_queue
from jobs.selectors.retries import why_not_retried

Person = AbstractBaseUser | AnonymousUser
GROUPS: dict[str, list[Status]] = {
    "running": [Status.RUNNING],
    "waiting": list(WAITING),
    "failed": [Status.FAILED],
    "succeeded": [Status.SUCCEEDED],
    "cancelled": [Status.CANCELLED],
}


def visible_jobs(user: Person, role: Role = Role.VIEWER) -> TenantQuerySet:
    """Return the jobs of the organizations where `user` has at least `role`, but no job's parts."""
    parts = [kind.name for kind in kinds.all_kinds() if kind.is_part]
    return Job.objects.for_user(user, role).exclude(kind__in=parts)


def visible_job(user: Person, job_id: UUID) -> Job:
    """Return one of them; raises `NotFound` for all others."""
    jobs = visible_jobs(user)
    return jobs.select_related("organization", "created_by", "retry_of", "retried_by").get_visible(
        job_id
    )


def active_count(user: Person) -> int:
    """Return how many jobs that `user` may see have not ended."""
    return visible_jobs(user).exclude(status__in=TERMINAL).count()


def group_counts(user: Person) -> dict[str, int]:
    """Return how many jobs `user` may see in each of `GROUPS`."""
    rows = visible_jobs(user).order_by().values("status").annotate(jobs=Count("pk"))
    by_status = {row["status"]: row["jobs"] for row in rows}
    return {
        group: sum(by_status.get(status, 0) for status in statuses)
        for group, statuses in GROUPS.items()
    }


@dataclass(frozen=True)
class JobStory:
    """One job as its page tells it."""

    job: Job
    kind_title: str
    page: tuple[str, str] | None
    attempts: list[JobAttempt]
    queue_position: int | None
    may_edit: bool
    can_retry: bool
    resumes: bool


def may_change(user: Person, job: Job) -> bool:
    """Whether `user` may cancel and retry `job`; everybody else only watches it."""
    return visible_jobs(user, Role.EDITOR).filter(pk=job.pk).exists()


def story_of(user: Person, job: Job) -> JobStory:
    """Gather what the page of a job shows `user` besides the job."""
    kind = kinds.find(job.kind)
    may_edit = may_change(user, job)
    return JobStory(
        job=job,
        kind_title=kind_title(job.kind),
        page=page_of(job),
        attempts=list(job.attempt_set.order_by("-fence")),
        queue_position=position_in_queue(job),
        may_edit=may_edit,
        can_retry=may_edit and not why_not_retried(job),
        resumes=kind is not None and kind.resumable and job.attempts > 0,
    )


def page_of(job: Job) -> tuple[str, str] | None:
    """Return title and address of the page that shows what `job` works on, None without one."""
    kind = kinds.find(job.kind)
    if kind is None or kind.page is None or kind.page.key not in job.payload:
        return None
    return kind.page.title, reverse(kind.page.route, args=[job.payload[kind.page.key]])


def log_of(job: Job) -> str:
    """Return the end of what the newest attempt told members; empty before the first has ended."""
    newest = job.attempt_set.order_by("-fence").first()
    return newest.public_log if newest else ""


def kind_title(name: str) -> str:
    """Return what people call a kind of job."""
    kind = kinds.find(name)
    return kind.title if kind else name
