"""Who may do what with batch predictions; rows_classifier has these rows among its own."""

from datetime import timedelta

from django.utils import timezone

from classifier.models import BatchAddition, BatchPrediction, BatchResult, BatchSource
from jobs.models import Job, Status
from storage import durable
from storage.names import blob_name
from tests import factories
from tests.classifier.conftest import RED
from tests.permissions.matrix import ForeignKey, World, api, page


def build(world: World) -> None:
    """Make a batch that has ended, one that waits and one that was cancelled."""
    world.batch_dataset = factories.make_dataset(organization=world.organization)
    factories.make_images(world.batch_dataset, "", 2, start=400)
    world.batch = _batch(world, Status.SUCCEEDED)
    world.waiting_batch = _batch(world, Status.PENDING)
    world.cancelled_batch = _batch(world, Status.CANCELLED)
    content = "ab" * 32
    durable.write(blob_name(content), [RED])
    BatchResult.objects.create(
        batch=world.batch, index=0, name="a.png", sha256=content, class_name="cat",
        probability=0.9, answer={"classes": [{"class_name": "cat", "probability": 0.9}]},
        file={"width": 24, "height": 24, "format": "png", "bytes": len(RED), "thumbnail_bytes": 0},
    )  # fmt: skip
    world.batch_addition = BatchAddition.objects.create(
        batch=world.batch, dataset=world.batch_dataset, dataset_name="D",
        job=_job(world, "batch_addition", Status.SUCCEEDED), least_probability=0.5,
    )  # fmt: skip
    world.other_batch_dataset = factories.make_dataset(organization=world.other_organization)
    world.other_batch_version = factories.make_version(user=world.people["other"])
    world.other_batch_model = factories.make_model_version(
        factories.make_run(world.people["other"], world.other_batch_version)
    ).model
    world.other_batch = _batch(world, Status.SUCCEEDED)
    BatchPrediction.objects.filter(pk=world.other_batch.pk).update(
        organization=world.other_organization,
        model_version=world.other_batch_model.versions.get(),
        created_by=world.people["other"],
    )
    Job.objects.filter(pk=world.other_batch.job_id).update(
        organization=world.other_organization, created_by=world.people["other"]
    )


def _job(world: World, kind: str, status: str) -> Job:
    job = Job.objects.create(
        kind=kind, queue="io", organization=world.organization, title="Batch",
        created_by=world.people["owner"],
    )  # fmt: skip
    steps = {Status.SUCCEEDED: (Status.QUEUED, Status.RUNNING, Status.SUCCEEDED)}
    for step in steps.get(status, [status]):
        if step != Status.PENDING:
            Job.objects.filter(pk=job.pk).update(status=step, fence=int(step != Status.QUEUED))
    job.refresh_from_db()
    return job


def _batch(world: World, status: str) -> BatchPrediction:
    return BatchPrediction.objects.create(
        organization=world.organization, model_version=world.model_version,
        job=_job(world, "batch_prediction", status), source=BatchSource.ARCHIVE,
        source_name="a.zip", image_count=1, top_k=5, created_by=world.people["owner"],
        expires_at=timezone.now() + timedelta(days=30),
    )  # fmt: skip


def _of(name: str):
    return lambda world: {"batch_id": getattr(world, name).pk}


def _image(world: World) -> dict:
    return {"batch_id": world.batch.pk, "index": 0}


def _start(world: World) -> dict:
    return {"model": str(world.model.pk), "dataset": str(world.batch_dataset.pk)}


def _addition(world: World) -> dict:
    return {"dataset": str(world.batch_dataset.pk), "least_probability": 0.5}


def _addition_form(world: World) -> dict:
    return {"dataset": str(world.batch_dataset.pk), "least_percent": 50}


def _form(world: World) -> dict:
    return {**_start(world), "source": "dataset"}


_BATCH = "batch-predictions/<uuid:batch_id>/"
ROWS = [
    api("GET", "batch-predictions/", other=200),
    # The model is shared with the reader, the dataset is not.
    api("POST", "batch-predictions/", needs="editor", ok=202, other=400, body=_start),
    api("GET", _BATCH, path=_of("batch")),
    api("DELETE", _BATCH, needs="editor", ok=204, path=_of("batch")),
    api("POST", f"{_BATCH}cancel/", needs="editor", ok=202, path=_of("waiting_batch")),
    api("POST", f"{_BATCH}resume/", needs="editor", ok=202, path=_of("cancelled_batch")),
    api("GET", f"{_BATCH}results/", path=_of("batch")),
    api("GET", f"{_BATCH}images/<int:index>/", path=_image),
    api("GET", f"{_BATCH}images/<int:index>/thumbnail/", path=_image),
    api("GET", f"{_BATCH}additions/", path=_of("batch")),
    api(
        "POST",
        f"{_BATCH}additions/",
        needs="editor",
        ok=202,
        path=_of("batch"),
        body=_addition,
    ),
    page("GET", "batch-predictions/", other=200),
    page("POST", "batch-predictions/", needs="editor", ok=302, other=422, body=_form),
    page("GET", "batch-predictions/new/", other=200),
    page("POST", "batch-predictions/new/", other=200, body=_start),
    page("GET", _BATCH, path=_of("batch")),
    page(
        "POST",
        f"{_BATCH}add/",
        needs="editor",
        ok=302,
        viewer=404,
        path=_of("batch"),
        body=_addition_form,
    ),
    page("POST", f"{_BATCH}delete/", needs="editor", ok=302, path=_of("batch")),
]
FOREIGN_KEYS = [
    ForeignKey(
        "POST",
        "batch-predictions/",
        "/upload",
        body=lambda w: {"model": str(w.model.pk), "upload": str(w.other_upload.pk)},
    ),
    ForeignKey(
        "POST",
        "batch-predictions/",
        "/model",
        body=lambda w: {**_start(w), "model": str(w.other_batch_model.pk)},
    ),
    ForeignKey(
        "POST",
        "batch-predictions/",
        "/dataset",
        body=lambda w: {**_start(w), "dataset": str(w.other_batch_dataset.pk)},
    ),
    ForeignKey(
        "POST",
        "batch-predictions/",
        "/dataset_version",
        body=lambda w: {
            "model": str(w.model.pk),
            "dataset_version": str(w.other_batch_version.pk),
        },
    ),
    ForeignKey(
        "POST",
        "batch-predictions/",
        "/upload",
        # rows_datasets has made it.
        body=lambda w: {"model": str(w.model.pk), "upload": str(w.other_upload.pk)},
    ),
    ForeignKey(
        "POST",
        f"{_BATCH}additions/",
        "/dataset",
        path=_of("batch"),
        body=lambda w: {**_addition(w), "dataset": str(w.other_batch_dataset.pk)},
    ),
]
