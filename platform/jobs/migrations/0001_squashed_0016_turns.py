"""What the migrations up to 0016_turns make of an empty database.

A database that has some of them goes on with those.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from common.create_models import CreateModels

GUARDS = """
CREATE FUNCTION jobs_guard_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('succeeded', 'failed', 'cancelled') THEN
        IF (NEW.status, NEW.attempts, NEW.fence, NEW.ended_at, NEW.error, NEW.result, NEW.payload)
           IS DISTINCT FROM
           (OLD.status, OLD.attempts, OLD.fence, OLD.ended_at, OLD.error, OLD.result, OLD.payload)
        THEN
            RAISE EXCEPTION 'job % has ended as %; it never changes again', OLD.id, OLD.status
                USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF NEW.status <> OLD.status AND NOT (OLD.status, NEW.status) IN (
        ('pending', 'queued'), ('pending', 'cancelled'),
        ('queued', 'running'), ('queued', 'cancelled'),
        ('running', 'succeeded'), ('running', 'failed'), ('running', 'cancelled'),
        ('running', 'retry_wait'),
        ('retry_wait', 'queued'), ('retry_wait', 'cancelled')
    ) THEN
        RAISE EXCEPTION 'job %: % may not become %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.fence < OLD.fence OR (NEW.status = 'running' AND OLD.status <> 'running'
                                 AND NEW.fence <= OLD.fence) THEN
        RAISE EXCEPTION 'job %: the fence only grows', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER job_status_guard BEFORE UPDATE ON jobs_job
    FOR EACH ROW
    EXECUTE FUNCTION jobs_guard_status();
"""
NO_GUARDS = """
DROP FUNCTION jobs_guard_status() CASCADE;
"""


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("jobs", "0001_initial"),
        ("jobs", "0002_state_machine"),
        ("jobs", "0003_public_log"),
        ("jobs", "0004_dismissed"),
        ("jobs", "0005_job_news"),
        ("jobs", "0006_released"),
        ("jobs", "0007_fair_turns_by_person"),
        ("jobs", "0008_open_jobs"),
        ("jobs", "0009_rate_of_progress"),
        ("jobs", "0010_scratch"),
        ("jobs", "0011_background_priority"),
        ("jobs", "0012_parked"),
        ("jobs", "0013_processor_time"),
        ("jobs", "0014_cancel_reason"),
        ("jobs", "0015_job_ended"),
        ("jobs", "0016_turns"),
    ]

    dependencies = [
        ("accounts", "0001_squashed_0011_keeps_predictions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="Job",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("kind", models.CharField(max_length=40)),
                        ("queue", models.CharField(max_length=16)),
                        ("title", models.CharField(max_length=200)),
                        ("payload", models.JSONField(default=dict)),
                        (
                            "priority",
                            models.SmallIntegerField(
                                default=0,
                                help_text="Higher goes first, before the fair share between people and organizations. Below 0 it also lets all other work of its machine pass.",
                            ),
                        ),
                        ("lineage", models.UUIDField(editable=False)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("pending", "Pending"),
                                    ("queued", "Queued"),
                                    ("running", "Running"),
                                    ("retry_wait", "Retry Wait"),
                                    ("succeeded", "Succeeded"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="pending",
                                max_length=10,
                            ),
                        ),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("max_attempts", models.PositiveSmallIntegerField(default=3)),
                        ("fence", models.PositiveIntegerField(default=0)),
                        ("lease_until", models.DateTimeField(null=True)),
                        ("available_at", models.DateTimeField(null=True)),
                        ("cancel_requested_at", models.DateTimeField(null=True)),
                        (
                            "cancel_reason",
                            models.CharField(
                                blank=True, db_default="", editable=False, max_length=200
                            ),
                        ),
                        ("published_at", models.DateTimeField(null=True)),
                        ("turn_at", models.DateTimeField(editable=False, null=True)),
                        ("started_at", models.DateTimeField(null=True)),
                        ("claimed_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("tidied_at", models.DateTimeField(null=True)),
                        ("dismissed_at", models.DateTimeField(null=True)),
                        ("released_at", models.DateTimeField(null=True)),
                        (
                            "processor_seconds",
                            models.FloatField(default=0.0, editable=False, null=True),
                        ),
                        ("gpu_seconds", models.FloatField(default=0.0, editable=False, null=True)),
                        ("progress", models.JSONField(default=dict)),
                        ("error", models.JSONField(null=True)),
                        ("result", models.JSONField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="jobs",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "retry_of",
                            models.OneToOneField(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="retried_by",
                                to="jobs.job",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="JobAttempt",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("number", models.PositiveSmallIntegerField()),
                        ("fence", models.PositiveIntegerField()),
                        ("worker", models.CharField(max_length=120)),
                        ("started_at", models.DateTimeField(auto_now_add=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("succeeded", "Succeeded"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                    ("lost", "Lost"),
                                    ("given_back", "Given back: the worker shut down"),
                                    ("parked", "Waits for other jobs"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("error", models.JSONField(null=True)),
                        ("log_tail", models.TextField(blank=True)),
                        ("public_log", models.TextField(blank=True)),
                        (
                            "job",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="attempt_set",
                                to="jobs.job",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="IdempotencyKey",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("key", models.CharField(max_length=255)),
                        ("fingerprint", models.CharField(max_length=64)),
                        ("status", models.PositiveSmallIntegerField(null=True)),
                        ("body", models.JSONField(null=True)),
                        ("location", models.CharField(blank=True, max_length=500)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("user", "key"), name="idempotency_key_once_per_user"
                            )
                        ],
                    },
                ),
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        fields=["queue", "status"], name="jobs_job_queue_84039a_idx"
                    ),
                ),
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        fields=["organization", "queue", "claimed_at"],
                        name="jobs_job_organiz_9b2ac1_idx",
                    ),
                ),
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        fields=["created_by", "queue", "claimed_at"], name="job_served"
                    ),
                ),
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        condition=models.Q(("status__in", ("succeeded", "failed", "cancelled"))),
                        fields=["created_by", "ended_at"],
                        name="job_news",
                    ),
                ),
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        condition=models.Q(("status__in", ("succeeded", "failed", "cancelled"))),
                        fields=["ended_at"],
                        name="job_ended",
                    ),
                ),
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        condition=models.Q(
                            ("status__in", ("succeeded", "failed", "cancelled")), _negated=True
                        ),
                        fields=["organization"],
                        name="job_open",
                    ),
                ),
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        condition=models.Q(("status", "running")),
                        fields=["lease_until"],
                        name="job_lease",
                    ),
                ),
                migrations.AddIndex(
                    model_name="job",
                    index=models.Index(
                        condition=models.Q(
                            ("status__in", ("succeeded", "failed", "cancelled")),
                            ("tidied_at", None),
                        ),
                        fields=["ended_at"],
                        name="job_untidy",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="jobattempt",
                    constraint=models.UniqueConstraint(
                        fields=("job", "fence"), name="attempt_once_per_fence"
                    ),
                ),
            ]
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
