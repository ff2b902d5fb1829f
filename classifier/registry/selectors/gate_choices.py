"""What the rules of a model's gate can speak of: test sets, classes, subgroups."""

from django.db.models.fields.json import KeyTransform

from accounts.querysets import TenantQuerySet
from classifier.models import EvaluationReport, ModelVersion, RegisteredModel
from classifier.models.evaluation_report import EvaluationReportQuerySet
from classifier.registry.selectors.gate import live_version
from datasets.models import DatasetVersion, Split
from datasets.selectors.fact_slices import FACTS
from datasets.selectors.slices import slices_of
from datasets.selectors.subgroups import fact_name

MOST_SETS = 200


def model_versions(model: RegisteredModel) -> list[ModelVersion]:
    """Return the live version and the newest one: those that a gate is set for first."""
    versions = ModelVersion.objects.filter(model=model).select_related(
        "model", "dataset_version__dataset"
    )
    newest = versions.order_by("-number").first()
    live = live_version(model)
    return list(dict.fromkeys(each for each in (live, newest) if each is not None))


def known_classes(model: RegisteredModel) -> list[str]:
    """Return the classes that the live or the newest version answers, sorted."""
    return sorted({name for version in model_versions(model) for name in version.class_names})


def test_sets(model: RegisteredModel) -> TenantQuerySet:
    """Return the frozen versions of the model's organization, newest first."""
    return (
        DatasetVersion.objects.filter(
            dataset__organization=model.organization_id, dataset__deleted_at=None
        )
        .select_related("dataset")
        .order_by("-created_at", "-id")
    )


def fitting_test_sets(model: RegisteredModel) -> list[DatasetVersion]:
    """Return those of the newest 200 that have test images of classes that the model knows."""
    versions = model_versions(model)
    return [
        images
        for images in test_sets(model).defer("slices", "left_out", "class_ids")[:MOST_SETS]
        if tested_classes(images)
        and (not versions or any(not unknown_classes(images, each) for each in versions))
    ]


def tested_classes(images: DatasetVersion) -> list[str]:
    """Return the classes of which a dataset version has test images, sorted."""
    return sorted(name for name, count in images.sample_counts.get("test", {}).items() if count)


def unknown_classes(images: DatasetVersion, version: ModelVersion) -> list[str]:
    """Return the classes of a dataset version that a model version cannot answer, sorted."""
    return sorted(set(images.class_names) - set(version.class_names))


def columns_on(model: RegisteredModel, images: DatasetVersion | None) -> list[str]:
    """Return the columns that divide the images which the gate judges on.

    Without a test set of its own these are the images that the live and the newest version are
    tested on. As reports have them; where there is none yet, those that one may have.
    """
    if images is not None:
        return _columns_of(model, images)
    own = [version.dataset_version for version in model_versions(model) if version.dataset_version]
    if own:
        return list(dict.fromkeys(name for each in own for name in _columns_of(model, each)))
    reports = _own_reports(model).as_it_answers()
    return _of_reports(reports.filter(model_version__model=model)) or []


def _own_reports(model: RegisteredModel) -> EvaluationReportQuerySet:
    """Return the reports of the model's organization: others may measure what is shared."""
    return EvaluationReport.objects.filter(organization=model.organization_id)


def _columns_of(model: RegisteredModel, images: DatasetVersion) -> list[str]:
    found = _of_reports(_own_reports(model).filter(dataset_version=images))
    if found is not None:
        return found
    metadata = [slices.column for slices in slices_of(images) if not slices.left_out]
    return [*metadata, *(fact_name(images, name) for name in FACTS)]


def _of_reports(reports: TenantQuerySet) -> list[str] | None:
    """Return the columns of the newest report on test images that has subgroups; None: no such."""
    slices = (
        reports.filter(split=Split.TEST, metrics__slices__isnull=False)
        .order_by("-created_at", "-id")
        .values_list(KeyTransform("slices", "metrics"), flat=True)
        .first()
    )
    return None if slices is None else list(dict.fromkeys(row["column"] for row in slices))
