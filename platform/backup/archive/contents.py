"""What goes into an archive: the rows of datasets, and of the models that learned from them.

Left out, because it is made again or belongs to the installation: vectors, maps and suggestions,
imports and trainings under way, experiments (their runs come along), predictions, batches, shares,
links, webhooks and the audit log.
"""

from typing import Any

from django.db.models import Model, Q, QuerySet

from accounts.models import Organization
from backup.tables import applied_migrations
from classifier.models import (
    AliasChange,
    CardText,
    Decision,
    EpochAnswers,
    EpochMetrics,
    EvaluationReport,
    FastMode,
    ModelAlias,
    ModelCopy,
    ModelExport,
    ModelVersion,
    RegisteredModel,
    ReportAnswers,
    ReportCurve,
    TrainingRun,
    VersionCalibration,
    VersionNote,
)
from datasets.models import (
    Annotation,
    ClassLabel,
    Dataset,
    DatasetCopy,
    DatasetVersion,
    Forgetting,
    Image,
    ImageFingerprint,
    Import,
    ImportItem,
    Sample,
    SheetText,
)
from jobs.models import Job, Status
from jobs.models.job import TERMINAL

Rows = QuerySet[Any]
# The rows of an archive by model, each after those that it needs.
Contents = dict[type[Model], Rows]

_DONE = Q(job__status__in=TERMINAL)
# What an archive may hold, in the order in which it is written.
MODELS: tuple[type[Model], ...] = (
    Job, Dataset, ClassLabel, Import, Forgetting, Image, ImportItem, ImageFingerprint, Annotation,
    DatasetVersion, Sample, SheetText, DatasetCopy,
    RegisteredModel, TrainingRun, EpochMetrics, EpochAnswers, ModelVersion, VersionNote, CardText,
    VersionCalibration, ModelCopy, EvaluationReport, ReportAnswers, ReportCurve, ModelAlias,
    AliasChange, Decision, FastMode, ModelExport,
)  # fmt: skip


def contents_of(
    organization: Organization, datasets: "QuerySet[Dataset]", *, whole: bool
) -> Contents:
    """Return the rows of these datasets of an organization, and of the models made from them.

    With `whole` all models of the organization, also those that were brought along.
    """
    versions = DatasetVersion.objects.filter(dataset__in=datasets)
    rows = _of_datasets(datasets, versions) | _of_models(organization, versions, whole=whole)
    with_jobs = (each for each in rows.values() if _has_job(each.model))
    jobs = {pk for each in with_jobs for pk in each.values_list("job_id", flat=True)}
    rows[Job] = Job.objects.filter(pk__in=jobs)
    return {model: rows[model] for model in MODELS}


def _of_datasets(datasets: "QuerySet[Dataset]", versions: "QuerySet[DatasetVersion]") -> Contents:
    images = Image.objects.filter(dataset__in=datasets)
    imports = Import.objects.filter(_DONE, dataset__in=datasets)
    forgettings = Forgetting.objects.filter(job__status=Status.SUCCEEDED, images__in=images)
    return {
        Dataset: datasets,
        ClassLabel: ClassLabel.objects.filter(dataset__in=datasets),
        Import: imports,
        Forgetting: forgettings.distinct(),
        Image: images,
        ImportItem: ImportItem.objects.filter(source__in=imports),
        ImageFingerprint: ImageFingerprint.objects.filter(image__in=images),
        Annotation: Annotation.objects.filter(image__in=images),
        DatasetVersion: versions,
        Sample: Sample.objects.filter(version__in=versions),
        SheetText: SheetText.objects.filter(version__in=versions),
        DatasetCopy: DatasetCopy.objects.filter(_DONE, dataset__in=datasets),
    }


def _of_models(
    organization: Organization, versions: "QuerySet[DatasetVersion]", *, whole: bool
) -> Contents:
    ours = Q(organization=organization)
    runs = TrainingRun.objects.filter(_DONE, ours, dataset_version__in=versions)
    made = ModelVersion.objects.filter(model__organization=organization)
    if not whole:
        made = made.filter(dataset_version__in=versions)
    made = made.filter(Q(training_run=None) | Q(training_run__in=runs))
    of_made = Q(model_version__in=made)
    models = RegisteredModel.objects.filter(ours, versions__in=made).distinct()
    reports = EvaluationReport.objects.filter(
        _DONE, ours, of_made, dataset_version__in=versions, metrics__isnull=False
    )
    return {
        RegisteredModel: models,
        TrainingRun: runs,
        EpochMetrics: EpochMetrics.objects.filter(run__in=runs),
        EpochAnswers: EpochAnswers.objects.filter(run__in=runs),
        ModelVersion: made,
        VersionNote: VersionNote.objects.filter(of_made),
        CardText: CardText.objects.filter(of_made),
        VersionCalibration: VersionCalibration.objects.filter(of_made),
        ModelCopy: ModelCopy.objects.filter(_DONE, version__in=made),
        EvaluationReport: reports,
        ReportAnswers: ReportAnswers.objects.filter(report__in=reports),
        ReportCurve: ReportCurve.objects.filter(report__in=reports),
        ModelAlias: ModelAlias.objects.filter(version__in=made),
        AliasChange: AliasChange.objects.filter(model__in=models),
        Decision: Decision.objects.filter(_DONE, of_made, rule__isnull=False),
        FastMode: FastMode.objects.filter(_DONE, of_made, file__isnull=False),
        ModelExport: ModelExport.objects.filter(_DONE, of_made, file__isnull=False),
    }


def schema_of_contents() -> dict[str, str]:
    """Return the last migration of each app whose rows an archive holds."""
    apps = {model._meta.app_label for model in MODELS}
    return {app: name for app, name in sorted(applied_migrations()) if app in apps}


def _has_job(model: type[Model]) -> bool:
    return any(field.name == "job" for field in model._meta.concrete_fields)
