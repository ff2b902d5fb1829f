from typing import Any

from django.contrib import admin, messages
from django.db.models import Field, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from common.errors import DomainError
from jobs.models import Job, JobAttempt, Status
from jobs.selectors.figures import Figures, figures
from jobs.services.prioritize import prioritize

TONES = {
    Status.RUNNING: "info",
    Status.SUCCEEDED: "success",
    Status.FAILED: "danger",
    Status.RETRY_WAIT: "warning",
}
FRONT = 10


class AttemptInline(TabularInline):
    model = JobAttempt
    fields = ["number", "fence", "worker", "started_at", "ended_at", "outcome", "error", "log_tail"]
    readonly_fields = fields
    ordering = ["fence"]
    extra = 0
    can_delete = False
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ModelAdmin):
    """Everything to read; the priority, and nothing else, to change."""

    list_display = [
        "title",
        "kind",
        "state",
        "organization",
        "queue",
        "priority",
        "attempts",
        "created_at",
        "ended_at",
    ]
    list_editable = ["priority"]
    list_filter = ["status", "kind", "queue", "created_at"]
    list_select_related = ["organization"]
    search_fields = ["=id", "title", "organization__name", "organization__slug"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    list_per_page = 50
    inlines = [AttemptInline]
    actions = ["move_to_front"]
    actions_list = ["show_figures"]

    @display(description="Status", ordering="status", label=TONES)
    def state(self, job: Job) -> str:
        return job.status

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        """Name the field for screen readers: in the list it stands in a column without a label."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "priority" and field is not None:
            field.widget.attrs["aria-label"] = "Priority"
        return field

    def get_readonly_fields(self, request: HttpRequest, obj: Job | None = None) -> list[str]:
        return [field.name for field in Job._meta.fields if field.name != "priority"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Job, form: ModelForm, change: bool) -> None:
        """Write the priority alone: the rest of the row may have moved on since it was read."""
        try:
            prioritize(user=request.user, job=obj, priority=form.cleaned_data["priority"])
        except DomainError as error:
            messages.warning(request, f"{obj.title}: {error.detail}")

    @admin.action(description="Move to the front of the queue", permissions=["change"])
    def move_to_front(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        for job in queryset:
            try:
                prioritize(user=request.user, job=job, priority=FRONT)
            except DomainError as error:
                messages.warning(request, f"{job.title}: {error.detail}")

    @action(description="Figures", url_path="figures", icon="monitoring")
    def show_figures(self, request: HttpRequest) -> HttpResponse:
        """Show what /metrics tells, for people."""
        reading = figures()
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Jobs in figures",
            "reading": reading,
            "tables": _tables(reading),
        }
        return TemplateResponse(request, "admin/jobs/figures.html", context)


def _tables(reading: Figures) -> list[dict[str, Any]]:
    waiting = [
        [queue, status, count, f"{reading.oldest_by_queue_status[queue, status]:.0f} s"]
        for (queue, status), count in reading.waiting_by_queue_status.items()
    ]
    running = [
        [queue, kind, count, f"{reading.lease_age_by_queue_kind[queue, kind]:.1f} s"]
        for (queue, kind), count in reading.running_by_queue_kind.items()
    ]
    durations = [
        [kind, took.count, f"{took.mean_seconds:.1f} s"]
        for kind, took in reading.durations_by_kind.items()
    ]
    return [
        _table("Waiting", ["Queue", "Status", "Jobs", "Oldest"], waiting),
        _table("Running", ["Queue", "Kind", "Jobs", "Lease renewed before"], running),
        _table(
            "Waiting for other jobs",
            ["Queue", "Kind", "Jobs"],
            _flat(reading.parked_by_queue_kind),
        ),
        _table("Ended", ["Kind", "Status", "Jobs"], _flat(reading.ended_by_kind_status)),
        _table("Failures", ["Kind", "Code", "Jobs"], _flat(reading.failures_by_kind_code)),
        _table(
            "Attempts", ["Kind", "Outcome", "Attempts"], _flat(reading.attempts_by_kind_outcome)
        ),
        _table("Time of successful jobs", ["Kind", "Jobs", "Mean"], durations),
    ]


def _table(title: str, headers: list[str], rows: list[list[Any]]) -> dict[str, Any]:
    return {"title": title, "table": {"headers": headers, "rows": rows}}


def _flat(counts: dict[tuple[str, str], int]) -> list[list[Any]]:
    return [[*key, count] for key, count in counts.items()]
