from jobs.models.attempt import JobAttempt, Outcome
from jobs.models.idempotency import IdempotencyKey
from jobs.models.job import NO_PROGRESS, TERMINAL, WAITING, Job, Status

__all__ = [
    "NO_PROGRESS",
    "TERMINAL",
    "WAITING",
    "IdempotencyKey",
    "Job",
    "JobAttempt",
    "Outcome",
    "Status",
]
