"""The main job with durable files in a bucket, on machines that share no folder."""

import hashlib
import io
import os
import shutil
import zipfile
from functools import partial

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Picture
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from classifier.models import ModelVersion
from datasets.models import Dataset, Image
from datasets.services.versions.freeze import freeze
from jobs.models import Job, Status
from storage import durable
from tests import factories
from tests.conftest import Stack, database_url_of_tests, end_other_workers, wait_until
from tests.storage.s3_names import s3_variables
from tests.storage.s3_server import bucket

API = "/api/v1/"
COLORS = {"blue": (30, 30, 220), "red": (220, 30, 30)}
CELERY = ("celery", "-A", "config.celery:app", "worker", "--loglevel", "info")
MACHINES = {
    "io": (*CELERY, "-n", "s3-io@%h", "-Q", "io", "--concurrency", "2"),
    "train": (*CELERY, "-n", "s3-train@%h", "-Q", "train", "--concurrency", "1"),
    "predict": ("manage", "serve_predictions"),
}


@pytest.fixture
def disturbed_workers(transactional_db, s3_store, s3_url, tmp_path):
    """A machine for each worker: its data folder is its own. This process is the web server's."""
    for end in end_other_workers:
        end()
    variables = {
        **os.environ,
        **s3_variables(s3_url, prefix=tmp_path.name),
        "DATABASE_URL": database_url_of_tests(),
        "PYTHONUNBUFFERED": "1",
    }
    machines = Stack(url="", environment=variables, logs=tmp_path)
    try:
        for name, command in MACHINES.items():
            machines.start(name, *command, LOUPE_DATA_DIR=str(tmp_path / name))
        for name in MACHINES:
            wait_until(
                lambda n=name: " ready." in machines.log(n), 120, partial(machines.log, name)
            )
        yield machines
    finally:
        for process in machines.processes.values():
            process.terminate()
        for name in list(machines.processes):
            machines.stop(name)


def archive_of_squares() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, color in COLORS.items():
            for number in range(40):
                archive.writestr(f"{name}/{number}.png", square(color, number))
    return stream.getvalue()


def square(color: tuple[int, int, int], number: int) -> bytes:
    stream = io.BytesIO()
    tint = tuple(max(0, part - number % 30) for part in color)
    # Some are too large to be their own thumbnails.
    side = 16 + number // 30 if number % 10 else 300 + number
    Picture.new("RGB", (side, side), tint).save(stream, "PNG")
    return stream.getvalue()


def finish(machines: Stack, job_id: str) -> None:
    job = Job.objects.get(pk=job_id)

    def ended() -> bool:
        job.refresh_from_db()
        return job.is_terminal

    wait_until(ended, 150, partial(machines.log, job.queue))
    assert job.status == Status.SUCCEEDED, (job.error, machines.log(job.queue)[-4000:])


def lose_scratch(tmp_path) -> None:
    """Take everything that lies on the disks of the machines, under the feet of their workers."""
    for name in MACHINES:
        for path in (tmp_path / name / "scratch").iterdir():
            shutil.rmtree(path, ignore_errors=True)


def download_both_ways(api, version, settings, s3_url) -> None:
    """The file comes through Loupe, or by a link into the bucket where an operator wishes it."""
    url = f"{API}model-versions/{version.pk}/files/model.onnx/"
    whole = b"".join(api.get(url).streaming_content)
    assert hashlib.sha256(whole).hexdigest() == version.served_file["sha256"]
    settings.DURABLE_LINKS_URL = s3_url
    durable._object_store.cache_clear()
    answer = api.get(url)
    assert (answer.status_code, answer["Cache-Control"]) == (302, "private, no-store")
    assert answer["Loupe-Content-SHA256"] == version.served_file["sha256"]
    fetched = httpx.get(answer["Location"])
    assert fetched.content == whole
    assert ".onnx" in fetched.headers["Content-Disposition"]
    taken = AuditEntry.objects.filter(action="model_version.download").order_by("created_at")
    assert [entry.detail.get("by_link", False) for entry in taken] == [False, True]
    assert APIClient().get(url).status_code == 401
    # A name that no version has leads nowhere.
    assert api.get(url.replace("model.onnx", "..")).status_code == 404


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_import_train_and_predict(api, user, disturbed_workers, s3_url, tmp_path, settings):
    dataset = factories.make_dataset(user=user, name="Colours")
    archive = SimpleUploadedFile("colours.zip", archive_of_squares())
    url = f"{API}datasets/{dataset.pk}/imports/"
    started = api.post(url, {"archive": archive}, format="multipart")
    assert started.status_code == 202, started.content
    finish(disturbed_workers, started.json()["job"]["id"])
    assert Image.objects.filter(dataset=dataset).count() == 80

    lose_scratch(tmp_path)
    version = freeze(user=user, dataset=Dataset.objects.get(pk=dataset.pk))
    body = {
        "dataset_version": str(version.pk),
        "preset": "cnn_tiny",
        "config": {"epochs": 8, "batch_size": 8, "augmentation": "none", "deterministic": False},
    }
    started = api.post(f"{API}training-runs/", body, format="json")
    assert started.status_code == 202, started.content
    run = started.json()
    finish(disturbed_workers, run["job"]["id"])

    lose_scratch(tmp_path)
    model = api.get(f"{API}training-runs/{run['id']}/").json()["model"]
    picture = SimpleUploadedFile("red.png", square(COLORS["red"], 3))
    answer = api.post(f"{API}models/{model}/predict/", {"images": picture}, format="multipart")
    assert answer.status_code == 200, (answer.content, disturbed_workers.log("predict"))
    assert answer.json()["predictions"][0]["classes"][0]["class_name"] == "red"

    # The web server's machine shows what the others have made.
    image = Image.objects.filter(dataset=dataset).first()
    content = api.get(f"{API}images/{image.pk}/file/").content
    assert (len(content), content[1:4]) == (image.bytes, b"PNG")
    assert api.get(f"{API}images/{image.pk}/thumbnail/").status_code == 200
    shown = api.get(f"{API}training-runs/{run['id']}/samples/").json()["images"]
    assert api.get(shown[0]["url"]).content[8:12] == b"WEBP"

    version = ModelVersion.objects.get(training_run=run["id"])
    download_both_ways(api, version, settings, s3_url)
    prefix = f"{tmp_path.name}/"
    names = [each.key.removeprefix(prefix) for each in bucket(s3_url).objects.filter(Prefix=prefix)]
    kinds = {name.partition("/")[0] for name in names}
    assert kinds == {"blobs", "thumbnails", "models", "runs"}
    on_machines = [path for name in MACHINES for path in (tmp_path / name / "media").rglob("*")]
    assert on_machines == []
