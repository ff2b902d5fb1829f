"""Measure a model version on a split of a dataset version."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from accounts.models import Organization, User
from accounts.services import audit
from classifier.evaluation import kinds
from classifier.evaluation.errors import CannotEvaluate
from classifier.models import EvaluationReport, ModelVersion
from common.sentences import listed
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
    class_mapping: Mapping[str, str] | None = None,
) -> EvaluationReport:
    """Queue the evaluation and return the report, whose numbers come with its job's success.

    `class_mapping` says by name which class of the model one of the dataset is. Raises `NotFound`,
    `Forbidden`, `InTrash`, `CannotEvaluate` when the classes do not fit or the split is empty,
    `QuotaExceeded`.
    """
    dataset = dataset_version.dataset
    require_editable(user=user, dataset=dataset)
    mapping = dict(class_mapping or {})
    check_fit(model_version, dataset_version, split, mapping)
    report = queue_evaluation(
        organization=dataset.organization,
        model_version=model_version,
        dataset_version=dataset_version,
        split=split,
        created_by=user,
        class_mapping=mapping,
    )
    audit.record(
        actor=user,
        action="evaluation.start",
        target=report,
        model_version=str(model_version.pk),
        dataset_version=str(dataset_version.pk),
        split=split.label,
        **({"class_mapping": mapping} if mapping else {}),
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
    class_mapping: Mapping[str, str] | None = None,
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
        class_mapping=dict(class_mapping or {}),
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
    class_mapping: Mapping[str, str] | None = None,
) -> None:
    """Raise `CannotEvaluate` where the model cannot be measured on the split."""
    owner = model_version.model.organization_id
    if owner is not None and owner != dataset_version.dataset.organization_id:
        raise CannotEvaluate("The model and the dataset must belong to the same organization.")
    if model_version.served_file is None:
        raise CannotEvaluate(
            f"{model_version.model.name} is prepared when it is first used; ask it for a "
            "prediction once, then evaluate it."
        )
    require_known_classes(
        dataset_version.class_names, model_version.class_names, class_mapping or {}
    )
    if not sum(dataset_version.sample_counts.get(split.label, {}).values()):
        raise CannotEvaluate(
            f"The {split.label} split of version {dataset_version.number} has no images."
        )


def require_known_classes(
    asked: Sequence[str], known: Sequence[str], class_mapping: Mapping[str, str]
) -> None:
    """Raise `CannotEvaluate` unless every class `asked` about is `known`, by its name or as mapped.

    It names the classes that are missing on either side, and those that differ by case alone: which
    one is meant is for a person to say.
    """
    odd = sorted(set(class_mapping) - set(asked))
    if odd:
        raise CannotEvaluate(
            "class_mapping must map classes of the dataset version, which are "
            f"{listed(list(map(repr, asked)))}; received {listed(list(map(repr, odd)))}."
        )
    unknown = sorted({class_mapping.get(name, name) for name in asked} - set(known))
    if not unknown:
        return
    extra = sorted(set(known) - {class_mapping.get(name, name) for name in asked})
    by_case = {name.casefold(): name for name in extra}
    alike = [
        f"{name!r} for {by_case[name.casefold()]!r}"
        for name in unknown
        if name.casefold() in by_case
    ]
    parts = [
        "Every class of the dataset version must be one that the model knows; it does not know "
        f"{listed(list(map(repr, unknown)))}."
    ]
    if extra:
        parts.append(f"It knows {listed(list(map(repr, extra)))}, which the version has not.")
    if alike:
        parts.append(f"They differ by case alone: {listed(alike)}.")
    parts.append("Say in class_mapping which class of the model each is, or rename the classes.")
    raise CannotEvaluate(" ".join(parts))
