"""End what still reads a thing that is no longer shared; what was made of it stays."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Share, ShareKind
from classifier.models import EvaluationReport, RobustnessCheck, TrainingRun
from jobs.models import TERMINAL, Job
from jobs.services.stop import stop


def on_share_ended(share: Share) -> None:
    """Cancel the receiver's jobs that read it: at once while they wait, within seconds else."""
    if share.kind == ShareKind.DATASET:
        reads = Q(dataset_version__dataset=share.subject)
        owners: list[QuerySet[Any]] = [TrainingRun.objects.filter(reads)]
    else:
        reads = Q(model_version__model=share.subject)
        owners = []
    reports = EvaluationReport.objects.filter(reads, organization=share.receiver)
    owners += [reports, RobustnessCheck.objects.filter(report__in=reports)]
    open_jobs = Job.objects.filter(organization=share.receiver).exclude(status__in=TERMINAL)
    for owner in owners:
        for job in open_jobs.filter(pk__in=owner.values("job")):
            stop(job=job)
