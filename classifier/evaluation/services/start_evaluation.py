"""Measure a model version on a split of a dataset version."""

from django.db import transaction

from accounts.models import Organization, User
from accounts.services import audit
from classifier.evaluation import kinds
from classifier.evaluation.errors import CannotEvaluate
from classifier.models import EvaluationReport, ModelVersion
from datasets.models import DatasetVersion, Split
from datasets.policies import require_editable
from jobs.services.enqueue import enqueue


@transaction.atomic
def start_evaluation(
    *,
    user: User,
    model_version: ModelVersion,
    dataset_version: DatasetVersion,
    split: Split = Split.TEST,
) -> EvaluationReport:
    """Queue the evaluation and return the report, whose numbers come with its job's success.

    Raises `NotFound`, `Forbidden`, `InTrash`, `CannotEvaluate` when the classes do not fit or the
    split is empty, `QuotaExceeded`.
    """
    dataset = dataset_version.dataset
    require_editable(user=user, dataset=dataset)
    check_fit(model_version, dataset_version, split)
    report = queue_evaluation(
        organization=dataset.organization,
        model_version=model_version,
        dataset_version=dataset_version,
        split=split,
        created_by=user,
    )
    audit.record(
        actor=user,
        action="evaluation.start",
        target=report,
        model_version=str(model_version.pk),
        dataset_version=str(dataset_version.pk),
        split=split.label,
    )
    return report


def queue_evaluation(
    *,
    organization: Organization,
    model_version: ModelVersion,
    dataset_version: DatasetVersion,
    split: Split,
    created_by: User | None,
    follows: bool = False,
) -> EvaluationReport:
    """Save a report and the job that fills it, in the caller's transaction, which has checked.

    `follows`: Loupe starts it by itself, so no quota of jobs refuses it.
    """
    report = EvaluationReport(
        organization=organization,
        model_version=model_version,
        dataset_version=dataset_version,
        split=split,
        created_by=created_by,
    )
    report.job = enqueue(
        kind=kinds.EVALUATE,
        organization=organization,
        created_by=created_by,
        title=f"Evaluation of {model_version} on {split.label}"[:200],
        payload={"evaluation_report": str(report.pk)},
        follows=follows,
    )
    report.save()
    return report


def check_fit(model_version: ModelVersion, dataset_version: DatasetVersion, split: Split) -> None:
    """Raise `CannotEvaluate` where the model cannot be measured on the split."""
    owner = model_version.model.organization_id
    if owner is not None and owner != dataset_version.dataset.organization_id:
        raise CannotEvaluate("The model and the dataset must belong to the same organization.")
    if model_version.served_file is None:
        raise CannotEvaluate(
            f"{model_version.model.name} is prepared when it is first used; ask it for a "
            "prediction once, then evaluate it."
        )
    unknown = sorted(set(dataset_version.class_names) - set(model_version.class_names))
    if unknown:
        some = ", ".join(repr(name) for name in unknown[:5])
        raise CannotEvaluate(
            "Every class of the dataset version must be one that the model knows; it does not know "
            f"{some}{' and more' if len(unknown) > 5 else ''}."
        )
    if not sum(dataset_version.sample_counts.get(split.label, {}).values()):
        raise CannotEvaluate(
            f"The {split.label} split of version {dataset_version.number} has no images."
        )
