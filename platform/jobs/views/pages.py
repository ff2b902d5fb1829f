"""The pages about jobs: the list, one job, and what every page tells of them."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from jobs import kinds
from jobs.models import Job
from jobs.selectors.jobs import (
    GROUPS,
    group_counts,
    kind_title,
    story_of,
    visible_job,
    visible_jobs,
)
from jobs.selectors.news import news_for
from jobs.selectors.queue import positions_in_queue
from jobs.services.dismiss import dismiss
from jobs.services.retry import retry

PAGE_SIZE = 50


@login_required
@require_GET
def news(request: HttpRequest) -> JsonResponse:
    """Return what every page tells of jobs: how many go on, which of the person's have ended."""
    answer = news_for(request.user, _moment(request.GET.get("since", "")))
    return JsonResponse({"now": answer.now, "active": answer.active, "ended": answer.ended})


def _moment(text: str) -> datetime | None:
    """Return the time that an earlier answer gave, None for what is none."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


@login_required
@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """Show jobs, newest first, by state and kind; each filter has its own address."""
    group, kind = request.GET.get("status", ""), request.GET.get("kind", "")
    jobs = visible_jobs(request.user).select_related("organization", "created_by")
    if group in GROUPS:
        jobs = jobs.filter(status__in=GROUPS[group])
    if kinds.find(kind):
        jobs = jobs.filter(kind=kind)
    page = Paginator(jobs.order_by("-created_at", "-pk"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    positions = positions_in_queue(list(page))
    counts = group_counts(request.user)
    context = {
        "rows": [_row(job, positions) for job in page],
        "page": page,
        "filters": _filters(group, kind, counts),
        "kinds": _kinds(group, kind),
        "query": urlencode({"status": group, "kind": kind}),
        "counts": counts,
        "total": sum(counts.values()),
        "organizations": len({job.organization_id for job in page}) > 1,
    }
    return render(request, "jobs/list.html", context)


@login_required
@require_GET
def job_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one job: how it stands, its attempts, why each ended, the end of its log."""
    story = story_of(request.user, visible_job(request.user, pk))
    return render(request, "jobs/detail.html", {"story": story, "job": story.job})


@login_required
@require_GET
def job_live(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Return the parts of that page that change while the job does."""
    story = story_of(request.user, visible_job(request.user, pk))
    return render(request, "jobs/parts/story.html", {"story": story, "job": story.job})


@login_required
@require_POST
def job_retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Run the job again and show the new one."""
    again = retry(user=request.user, job=visible_job(request.user, pk))
    return redirect("jobs:detail", pk=again.pk)


@login_required
@require_POST
def job_dismiss(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a failed job off the list of what waits; answer htmx with nothing, else show the job."""
    job = dismiss(user=request.user, job=visible_job(request.user, pk))
    if "HX-Request" not in request.headers:
        return redirect("jobs:detail", pk=job.pk)
    answer = HttpResponse()
    answer["HX-Trigger"] = json.dumps({"loupe:toast": {"message": "Dismissed. It stays in Jobs."}})
    return answer


def _row(job: Job, positions: dict[UUID, int]) -> dict[str, Any]:
    return {
        "job": job,
        "kind_title": kind_title(job.kind),
        "queue_position": positions.get(job.pk),
    }


def _filters(group: str, kind: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    everything = {"": sum(counts.values())} | counts
    return [
        {
            "label": name.capitalize() or "All",
            "count": count,
            "url": f"?{urlencode({'status': name, 'kind': kind})}",
            "active": name == (group if group in GROUPS else ""),
        }
        for name, count in everything.items()
    ]


def _kinds(group: str, kind: str) -> list[dict[str, Any]]:
    return [
        {
            "label": one.title,
            "url": f"?{urlencode({'status': group, 'kind': '' if one.name == kind else one.name})}",
            "active": one.name == kind,
        }
        for one in kinds.all_kinds()
        if not one.is_part
    ]
