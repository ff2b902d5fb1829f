"""Have a dataset checked: one check at a time, and never two that wait."""

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from datasets import kinds
from datasets.models import Dataset, QualityReport
from datasets.policies import require_editable
from jobs.models import BY_ITSELF, WAITING, Job, Status
from jobs.services.enqueue import enqueue
from jobs.services.hurry import hurry


@transaction.atomic
def start_quality_check(*, user: User | None, dataset: Dataset, asked: bool = False) -> Job | None:
    """Start a check on behalf of `user`, without asking whether they may; for what changes images.

    A check that waits will see the change: None. One that runs may not: it is followed by another,
    and the answer is None too. `asked`: a person waits for it; otherwise it is in the background.
    """
    dataset.lock()
    report, _ = QualityReport.objects.select_related("job").get_or_create(dataset=dataset)
    if report.job and asked:
        hurry(job=report.job)
    if report.job and report.job.status in WAITING:
        return None
    if report.job and report.job.status == Status.RUNNING:
        report.wanted_again = True
        report.save(update_fields=["wanted_again"])
        return None
    return start_next(user=user, report=report, asked=asked)


@transaction.atomic
def hurry_quality_check(*, dataset: Dataset) -> None:
    """Take the check that waits or runs, if any does, out of the background."""
    dataset.lock()
    report = QualityReport.objects.select_related("job").filter(dataset=dataset).first()
    if report and report.job:
        hurry(job=report.job)


def start_next(*, user: User | None, report: QualityReport, asked: bool = False) -> Job:
    """Start a check after the report's last one, in the transaction that has locked the dataset."""
    report.job = enqueue(
        kind=kinds.CHECK_QUALITY,
        organization=report.dataset.organization,
        created_by=user,
        title=f"Quality check of {report.dataset.name}",
        payload={"dataset": str(report.dataset_id)},
        priority=0 if asked else BY_ITSELF,
    )
    report.wanted_again = False
    report.save(update_fields=["job", "wanted_again"])
    return report.job


@transaction.atomic
def check_again(*, user: User, dataset: Dataset) -> QualityReport:
    """Have the dataset checked because `user` asks, and return its report with the job.

    A check that waits or runs already is the one. Raises `NotFound`, `Forbidden` or `InTrash`.
    """
    require_editable(user=user, dataset=dataset)
    if start_quality_check(user=user, dataset=dataset, asked=True):
        audit.record(actor=user, action="quality.check", target=dataset)
    return QualityReport.objects.select_related("job", "dataset").get(dataset=dataset)
