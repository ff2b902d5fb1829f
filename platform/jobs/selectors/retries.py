"""Which jobs a person may run again."""

from jobs import kinds
from jobs.models import Job, Status


def why_not_retried(job: Job) -> str:
    """Return the sentence that says why this job cannot be run again; empty when it can."""
    if job.status not in (Status.FAILED, Status.CANCELLED):
        return f"Only failed and cancelled jobs can be run again; this one is {job.status}."
    if kinds.find(job.kind) is None:
        return "This Loupe does not know this kind of work any more."
    if Job.objects.filter(retry_of=job).exists():
        return "This job has been run again already."
    if job.tidied_at is not None:
        return "What this job worked on has been removed. Start it anew."
    if not keeps_material(job):
        return "This would fail in the same way again. Correct the data and start anew."
    return ""


def keeps_material(job: Job) -> bool:
    """Whether an ended job's uploads and checkpoints are kept for a while, for a retry or resume."""
    if job.status == Status.FAILED:
        return (job.error or {}).get("code") != "bad_data"
    kind = kinds.find(job.kind)
    return job.status == Status.CANCELLED and kind is not None and kind.resumable
