"""Start the evaluations that the gate lacks to judge by."""

from collections.abc import Sequence

from accounts.models import User
from accounts.selectors.sharing import may_read
from classifier.engine.measure.gate import ToMeasure
from classifier.evaluation.errors import CannotEvaluate
from classifier.evaluation.services.start_evaluation import check_fit, queue_evaluation
from classifier.models import ModelVersion
from common.errors import Conflict
from datasets.models import DatasetVersion, Split


def measure_missing(
    missing: Sequence[ToMeasure], *, created_by: User | None, follows: bool
) -> None:
    """Queue those that can be, in the caller's transaction; what cannot be, the gate says.

    `follows`: they follow from work that was let in. Else the organization's quota of jobs may
    leave them to a person.
    """
    for each in missing:
        version = ModelVersion.objects.select_related("model__organization").get(pk=each.version)
        images = DatasetVersion.objects.select_related("dataset__organization").get(
            pk=each.dataset_version
        )
        organization = version.model.organization
        if organization is None or images.dataset.deleted_at is not None:
            continue
        try:
            readable = may_read(organization, images.dataset.subject)
            check_fit(version, images, Split.TEST, readable=readable)
            queue_evaluation(
                organization=organization,
                model_version=version,
                dataset_version=images,
                split=Split.TEST,
                created_by=created_by,
                follows=follows,
            )
        except (CannotEvaluate, Conflict):
            continue
