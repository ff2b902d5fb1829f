from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.models import Job, JobAttempt, Outcome, Status
from jobs.selectors.queue import position_in_queue
from jobs.selectors.retries import why_not_retried


class ProgressSerializer(serializers.Serializer):
    done = serializers.IntegerField(allow_null=True)
    total = serializers.IntegerField(allow_null=True)
    unit = serializers.CharField()
    message = serializers.CharField()
    eta_seconds = serializers.FloatField(allow_null=True)
    rate = serializers.FloatField(allow_null=True, help_text="In `unit`s a second.")


class JobErrorSerializer(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    hint = serializers.CharField()


class JobSerializer(serializers.ModelSerializer):
    """The Job of every answer that starts work; `jobs.selectors.shape.describe` is its twin."""

    status = serializers.ChoiceField(choices=Status.choices, read_only=True)
    progress = ProgressSerializer(source="full_progress", read_only=True)
    error = JobErrorSerializer(allow_null=True, read_only=True)
    result = serializers.SerializerMethodField()
    next_attempt_at = serializers.DateTimeField(
        source="available_at", allow_null=True, read_only=True
    )

    class Meta:
        model = Job
        fields = [
            "id",
            "kind",
            "title",
            "status",
            "attempts",
            "max_attempts",
            "progress",
            "error",
            "result",
            "created_at",
            "started_at",
            "ended_at",
            "next_attempt_at",
            "cancel_requested_at",
            "cancel_reason",
        ]
        read_only_fields = fields

    @extend_schema_field(
        {
            "type": "object",
            "nullable": True,
            "properties": {"type": {"type": "string"}, "id": {"type": "string"}},
            "required": ["type", "id"],
            "additionalProperties": True,
        }
    )
    def get_result(self, job: Job) -> dict[str, Any] | None:
        """The result, whatever its kind."""
        return job.result


class JobAttemptSerializer(serializers.ModelSerializer):
    outcome = serializers.ChoiceField(
        choices=Outcome.choices,
        allow_blank=True,
        read_only=True,
        help_text="Empty while it is at work.",
    )
    error = JobErrorSerializer(allow_null=True, read_only=True)
    log_tail = serializers.CharField(
        source="public_log",
        read_only=True,
        help_text="The last lines that the work said to members; operators read all of them.",
    )

    class Meta:
        model = JobAttempt
        fields = ["number", "worker", "started_at", "ended_at", "outcome", "error", "log_tail"]
        read_only_fields = fields


class JobDetailSerializer(JobSerializer):
    """One job with its attempts and its place in the queue."""

    organization = serializers.SlugField(source="organization.slug", read_only=True)
    queue_position = serializers.SerializerMethodField()
    can_retry = serializers.SerializerMethodField()
    attempt_history = JobAttemptSerializer(source="attempt_set", many=True, read_only=True)

    class Meta(JobSerializer.Meta):
        fields = [
            *JobSerializer.Meta.fields,
            "organization",
            "priority",
            "queue_position",
            "can_retry",
            "attempt_history",
        ]
        read_only_fields = fields

    def get_queue_position(self, job: Job) -> int | None:
        """How many jobs start before this one, plus one; null when it does not wait."""
        return position_in_queue(job)

    def get_can_retry(self, job: Job) -> bool:
        """Whether POST retry/ would be accepted."""
        return not why_not_retried(job)
