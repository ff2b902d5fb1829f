"""What is right for real work: how many results a job has, and what is damaged in them."""

from collections import Counter
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, F, OuterRef

from classifier.embedding.kinds import EMBED_IMAGES
from classifier.instant.kinds import FIT_INSTANT
from classifier.models import EpochMetrics, EvaluationReport, ModelVersion, TrainingRun
from common.hashing import sha256_file
from datasets.models import Dataset, Image, Import, ImportItem, InstantModel, Vector
from datasets.selectors.vectors import missing_contents
from jobs.models import Job, Status
from storage import durable
from storage.names import UPLOADS, blob_name, model_folder

BROKEN = "broken.png"


def import_results(job: Job) -> int:
    """How many times the import's rows were stored: each time names the broken file once."""
    return ImportItem.objects.filter(source__job=job, name__endswith=BROKEN).count()


def import_damage(job: Job) -> list[str]:
    """Check that the rows add up, and that no image of the dataset is there twice."""
    source, result = Import.objects.get(job=job), job.result
    items = Counter(source.items.values_list("outcome", flat=True))
    told = {name: result[name + ending] for name, ending in _OUTCOMES.items()}
    damage = []
    if items != Counter(told):
        damage.append(f"{job.title}: says {told}, its rows are {dict(items)}")
    if result["files"] != result["images_added"] + sum(told.values()):
        damage.append(f"{job.title}: {result} does not add up")
    images = Image.objects.filter(dataset=source.dataset)
    added = sum(each.job.result["images_added"] for each in _imports_beside(source))
    if images.count() != added:
        damage.append(f"{source.dataset}: {images.count()} images, {added} were added")
    contents = Counter(images.values_list("sha256", "split", "class_label"))
    double = [content for content, count in contents.items() if count > 1]
    return damage + [f"{source.dataset}: twice there: {content}" for content in double]


_OUTCOMES = {"duplicate": "s", "skipped": "", "rejected": ""}


def _imports_beside(source: Import) -> list[Import]:
    return list(Import.objects.filter(dataset=source.dataset).select_related("job"))


def model_versions(job: Job) -> int:
    """How many model versions the training has registered."""
    return ModelVersion.objects.filter(training_run__job=job).count()


def training_damage(job: Job) -> list[str]:
    """Check the curve, the report and the files of a training that succeeded."""
    run = TrainingRun.objects.select_related("model_version").get(job=job)
    damage = []
    epochs = list(EpochMetrics.objects.filter(run=run).values_list("epoch", flat=True))
    if sorted(epochs) != list(range(1, run.config["epochs"] + 1)):
        damage.append(f"{job.title}: epochs {sorted(epochs)} of {run.config['epochs']}")
    reports = EvaluationReport.objects.filter(model_version=run.model_version, job=job)
    if [bool(report.metrics) for report in reports] != [True]:
        damage.append(f"{job.title}: {reports.count()} reports")
    if run.model_id is None or run.model.versions.count() != 1:
        damage.append(f"{job.title}: its model has not the one version")
    folder = durable.known_folder() / model_folder(run.model_version.pk)
    there = {path.name: sha256_file(path) for path in folder.iterdir()}
    if there != {name: file["sha256"] for name, file in run.model_version.files.items()}:
        damage.append(f"{job.title}: its files are {there}")
    return damage


def measured_reports(job: Job) -> int:
    """How many reports with figures the evaluation has made."""
    return EvaluationReport.objects.filter(job=job, metrics__isnull=False).count()


def media_faults() -> list[str]:
    """Files that no row speaks of, and rows whose file is not there or is another."""
    contents = set(Image.objects.values_list("sha256", flat=True))
    faults = _compare("blobs", {sha256: durable.local(blob_name(sha256)) for sha256 in contents})
    # Every image of the torture is small enough to be its own thumbnail.
    faults += _compare("thumbnails", {})
    faults += [
        f"broken: {path}"
        for each in contents
        if (path := durable.local(blob_name(each))).exists() and sha256_file(path) != each
    ]
    passing = (durable.known_folder() / UPLOADS, settings.SCRATCH_DIR / "requests")
    faults += [f"left behind: {path}" for folder in passing for path in folder.glob("*")]
    versions = {str(pk) for pk in ModelVersion.objects.values_list("pk", flat=True)}
    folders = {path.name for path in (durable.known_folder() / "models").glob("*")}
    return faults + [f"no model version: models/{name}" for name in folders - versions]


def instant_faults() -> list[str]:
    """Instant models whose last fit does not know of the last change, though no job failed."""
    stale = InstantModel.objects.exclude(wanted=F("seen")).values_list("dataset", flat=True)
    failed = Job.objects.filter(kind=FIT_INSTANT.name).exclude(status=Status.SUCCEEDED)
    excused = {job.payload["dataset"] for job in failed}
    return [f"not fitted: instant model of {pk}" for pk in stale if str(pk) not in excused]


def vector_faults() -> list[str]:
    """Datasets that were embedded and lack vectors of images; vectors that no image needs."""
    ended = Job.objects.filter(kind=EMBED_IMAGES.name, status=Status.SUCCEEDED)
    embedded = Dataset.objects.filter(pk__in={job.payload["dataset"] for job in ended})
    faults = [
        f"{dataset}: an image has no vector"
        for dataset in embedded.select_related("space")
        if dataset.space is None or missing_contents(dataset, dataset.space)
    ]
    images = Image.objects.filter(
        sha256=OuterRef("sha256"), dataset__organization=OuterRef("organization")
    )
    return faults + [f"no image: vector {row}" for row in Vector.objects.exclude(Exists(images))]


def _compare(kind: str, wanted: dict[str, Path]) -> list[str]:
    there = {path for path in (durable.known_folder() / kind).rglob("*") if path.is_file()}
    missing, more = set(wanted.values()) - there, there - set(wanted.values())
    return [f"missing: {path}" for path in missing] + [f"left behind: {path}" for path in more]
