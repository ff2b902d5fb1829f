"""Measure a model version on a split of a dataset version."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from accounts.models import Organization, User
from accounts.roles import Role
from accounts.selectors.sharing import acting_organization
from accounts.services import audit
from classifier.engine.measure.class_mapping import OtherClasses
from classifier.evaluation import kinds
from classifier.evaluation.errors import CannotEvaluate
from classifier.evaluation.services.require_mapping import require_mapping
from classifier.models import EvaluationReport, ModelVersion
from common.errors import NotFound
from datasets.models import DatasetVersion, Split
from datasets.policies import require_alive
from datasets.selectors.versions import ordered_samples
from jobs.services.enqueue import enqueue


@transaction.atomic
def start_evaluation(
    *,
    user: User,
    model_version: ModelVersion,
    dataset_version: DatasetVersion,
    split: Split = Split.TEST,
    class_mapping: Mapping[str, Sequence[str]] | None = None,
    other_classes: OtherClasses = "wrong",
) -> EvaluationReport:
    """Queue the evaluation and return the report, whose numbers come with its job's success.

    `class_mapping` says by name which classes of the model one of the dataset is, and
    `other_classes` what an answer of any other class counts as: see
    `classifier.engine.measure.class_mapping`. Where one of the two is shared, the report is the
    organization's that it is shared with. Raises `NotFound`, `Forbidden`, `InTrash`,
    `CannotEvaluate` when the classes do not fit or the split is empty, `QuotaExceeded`.
    """
    organization = _organization_of(user, model_version, dataset_version)
    require_alive(dataset=dataset_version.dataset)
    mapping = {name: list(classes) for name, classes in (class_mapping or {}).items()}
    check_fit(model_version, dataset_version, split, mapping, readable=True)
    if all(classes == [name] for name, classes in mapping.items()):
        # Nothing is called otherwise: that is how the version answers.
        mapping = {}
    report = queue_evaluation(
        organization=organization,
        model_version=model_version,
        dataset_version=dataset_version,
        split=split,
        created_by=user,
        class_mapping=mapping,
        other_classes=other_classes,
    )
    audit.record(
        actor=user,
        action="evaluation.start",
        target=report,
        model_version=str(model_version.pk),
        dataset_version=str(dataset_version.pk),
        split=split.label,
        **({"class_mapping": mapping} if mapping else {}),
        **({"other_classes": other_classes} if other_classes != "wrong" else {}),
    )
    return report


@transaction.atomic
def require_may_evaluate(
    *, user: User, model_version: ModelVersion, dataset_version: DatasetVersion
) -> None:
    """Let pass who may start this evaluation; raises as `start_evaluation` for who may not."""
    _organization_of(user, model_version, dataset_version)
    require_alive(dataset=dataset_version.dataset)


def _organization_of(
    user: User, model_version: ModelVersion, dataset_version: DatasetVersion
) -> Organization:
    """Return the organization of the user's that has both, or that they are shared with."""
    dataset, model = dataset_version.dataset.subject, model_version.model.subject
    subjects = [dataset] if model.organization is None else [dataset, model]
    try:
        return acting_organization(user, subjects)
    except NotFound:
        # Where the user may read each, only not for one and the same organization.
        acting_organization(user, [dataset], role=Role.VIEWER)
        raise CannotEvaluate(
            "The model and the dataset must belong to the same organization, or be shared with it."
        ) from None


def queue_evaluation(
    *,
    organization: Organization,
    model_version: ModelVersion,
    dataset_version: DatasetVersion,
    split: Split,
    created_by: User | None,
    follows: bool = False,
    class_mapping: Mapping[str, Sequence[str]] | None = None,
    other_classes: OtherClasses = "wrong",
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
        class_mapping={name: list(classes) for name, classes in (class_mapping or {}).items()},
        other_classes=other_classes,
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


def check_fit(
    model_version: ModelVersion,
    dataset_version: DatasetVersion,
    split: Split,
    class_mapping: Mapping[str, Sequence[str]] | None = None,
    *,
    readable: bool = False,
) -> None:
    """Raise `CannotEvaluate` where the model cannot be measured on the split.

    `readable`: the caller has made sure that one organization may read both.
    """
    owner = model_version.model.organization_id
    if not readable and owner not in (None, dataset_version.dataset.organization_id):
        raise CannotEvaluate("The model and the dataset must belong to the same organization.")
    if model_version.served_file is None and not model_version.model.built_in:
        raise CannotEvaluate(f"{model_version} has no model file yet.")
    require_mapping(dataset_version.class_names, model_version.class_names, class_mapping or {})
    if not ordered_samples(dataset_version, split).exists():
        raise CannotEvaluate(
            f"The {split.label} split of version {dataset_version.number} has no images."
        )
