from jobs.models.attempt import JobAttempt, Outcome
from jobs.models.chunk import Chunk
from jobs.models.deleted_figures import DeletedFigures
from jobs.models.idempotency import IdempotencyKey
from jobs.models.job import BY_ITSELF, NO_PROGRESS, TERMINAL, WAITING, Job, Status

__all__ = [
    "BY_ITSELF",
    "NO_PROGRESS",
    "TERMINAL",
    "WAITING",
    "Chunk",
    "DeletedFigures",
    "IdempotencyKey",
    "Job",
    "JobAttempt",
    "Outcome",
    "Status",
]
