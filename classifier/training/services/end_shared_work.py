"""End what still reads a thing that is no longer shared; what was made of it stays."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Share, ShareKind
from classifier.models import (
    BatchPrediction,
    Decision,
    EvaluationReport,
    FastMode,
    ModelExport,
    RobustnessCheck,
    TrainingRun,
)
from jobs.models import TERMINAL, Job
from jobs.services.stop import stop


def on_share_ended(share: Share) -> None:
    """Cancel the receiver's jobs that read it: at once while they wait, within seconds else.

    Copies find it out by themselves: they hold their job when they ask for the share, and would
    wait for this for ever.
    """
    if share.kind == ShareKind.DATASET:
        reads = Q(dataset_version__dataset=share.subject)
        asked = Q(dataset=share.subject)
        learned = Q(model_version__dataset_version__dataset=share.subject)
        learned &= Q(model_version__model__organization=share.receiver)
        owners: list[QuerySet[Any]] = [
            TrainingRun.objects.filter(reads),
            *(
                rows.filter(learned)
                for rows in (
                    Decision.objects.all(),
                    FastMode.objects.all(),
                    ModelExport.objects.all(),
                )
            ),
        ]
    else:
        reads = asked = Q(model_version__model=share.subject)
        owners = []
    reports = EvaluationReport.objects.filter(reads, organization=share.receiver)
    owners += [reports, RobustnessCheck.objects.filter(report__in=reports)]
    reason = (
        f"{share.organization.name[:80]} no longer shares the {share.kind} that this job reads."
    )
    owners.append(BatchPrediction.objects.filter(asked, organization=share.receiver))
    open_jobs = Job.objects.filter(organization=share.receiver).exclude(status__in=TERMINAL)
    for owner in owners:
        for job in open_jobs.filter(pk__in=owner.values("job")):
            stop(job=job, reason=reason)
