"""Measure a report's model on images that are made worse, when a person asks for it."""

from django.db import transaction

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.selectors.sharing import may_read
from accounts.services import audit
from classifier.engine.measure.robustness import Robustness
from classifier.evaluation import kinds
from classifier.evaluation.selectors.reports import require_images
from classifier.evaluation.services.require_mapping import require_mapping
from classifier.models import EvaluationReport, RobustnessCheck
from common.errors import Conflict, Forbidden
from datasets.policies import require_alive
from jobs.models import TERMINAL
from jobs.services.enqueue import enqueue

# Thirty fits of them are answered: six corruptions, five severities.
DEFAULT_IMAGES = 200
MOST_IMAGES = 2_000


@transaction.atomic
def start_robustness(
    *, user: User, report: EvaluationReport, images: int = DEFAULT_IMAGES
) -> RobustnessCheck:
    """Queue the check on up to `images` of the report's images; its job has progress and cancels.

    Raises `NotFound`, `Forbidden` below editor of the report's organization, and where its model or
    images are no longer shared with that (`share_ended`), `InTrash`, `QuotaExceeded`,
    `CannotEvaluate` of a report whose mapping of classes is no longer possible, `Conflict` while
    the report has no figures (`not_measured`) or a check of it runs (`under_way`).
    """
    require_role(user=user, organization=report.organization, role=Role.EDITOR)
    _require_shared(report)
    require_alive(dataset=report.dataset_version.dataset)
    EvaluationReport.objects.select_for_update(of=("self",)).get(pk=report.pk)
    known = report.model_version.class_names
    require_mapping(report.dataset_version.class_names, known, report.class_mapping)
    if not report.measured:
        raise Conflict("The report has no figures yet: wait for them.", code="not_measured")
    if report.robustness_checks.exclude(job__status__in=TERMINAL).exists():
        raise Conflict("The robustness of this report is being measured now.", code="under_way")
    check = RobustnessCheck(report=report, images=images, created_by=user)
    check.job = enqueue(
        kind=kinds.ROBUSTNESS,
        organization=report.organization,
        created_by=user,
        title=f"Robustness of {report.model_version} on {report.split_name}"[:200],
        payload={"robustness_check": str(check.pk), "evaluation_report": str(report.pk)},
    )
    check.save()
    audit.record(actor=user, action="evaluation_report.robustness", target=report, images=images)
    return check


def _require_shared(report: EvaluationReport) -> None:
    """Let pass a report whose images and model its organization may read now; raises `Forbidden`.

    To end the sharing waits for the end of the transaction.
    """
    require_images(report)
    subjects = (report.dataset_version.dataset.subject, report.model_version.model.subject)
    for subject in subjects:
        if not may_read(report.organization, subject, hold=True):
            raise Forbidden(
                f"{subject.name} is no longer shared with {report.organization}, so there is "
                "nothing to measure. The report's figures stay.",
                code="share_ended",
            )


def store_robustness(*, check: RobustnessCheck, found: Robustness) -> None:
    """Keep what was measured, in the transaction that ends the job."""
    check.result = found.to_json()
    check.save(update_fields=["result"])
