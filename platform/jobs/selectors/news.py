"""What has become of a person's own jobs since they last asked: any page announces it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from jobs import kinds
from jobs.models import Job, Status
from jobs.selectors.jobs import active_count, page_of, visible_jobs

# A row shows some moments after the time that it says it ended at: its transaction began then.
OVERLAP = timedelta(seconds=30)
# What is older is no news, and a page of jobs tells it better.
LONGEST = timedelta(hours=12)
MOST = 20


@dataclass(frozen=True)
class News:
    """`active`: visible jobs that go on; `ended`: at most 20 of the person's own, oldest first."""

    now: datetime
    active: int
    ended: list[dict[str, Any]]


def news_for(user: User, since: datetime | None) -> News:
    """Return the jobs that `user` started and that ended after `since`.

    None is for who asks the first time: what ended just now comes, to be known and not to be told.
    Some are told twice, as the same id: the page that asks remembers what was said. Not told is
    what a person cancelled, and that went well where a kind runs by itself (`Kind.announced`).
    """
    now = timezone.now()
    ended = _ended(user, max((since or now) - OVERLAP, now - LONGEST))
    return News(now=now, active=active_count(user), ended=[_told(job) for job in ended])


def _ended(user: User, since: datetime) -> list[Job]:
    silent = [kind.name for kind in kinds.all_kinds() if not kind.announced]
    told = Q(status=Status.FAILED) | Q(status=Status.SUCCEEDED) & ~Q(kind__in=silent)
    jobs = visible_jobs(user).filter(told, created_by=user, ended_at__gt=since)
    return list(reversed(jobs.order_by("-ended_at")[:MOST]))


def _told(job: Job) -> dict[str, Any]:
    page = page_of(job) if job.status == Status.SUCCEEDED or job.needs_answer else None
    label, url = page or ("What happened", reverse("jobs:detail", args=[job.pk]))
    return {
        "id": str(job.pk),
        "title": job.title,
        "status": job.shown_status,
        "error": (job.error or {}).get("detail", "") if job.shown_status == Status.FAILED else "",
        "label": label,
        "url": url,
    }
