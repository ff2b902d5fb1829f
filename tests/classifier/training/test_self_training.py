"""A run that learns from unlabelled images: told, kept with its version, never a leak."""

import csv
import io
import json

import numpy as np
import pytest
from django.utils import timezone
from PIL import Image as Picture

from classifier.evaluation.services.start_evaluation import start_evaluation
from classifier.models import EvaluationReport, ModelVersion
from classifier.training.services.start_training import start_training
from classifier.training.work.unlabelled import LIST_FILE
from classifier.work import __all__ as handlers
from common.errors import Invalid
from datasets.models import ClassLabel, Image, Sample, Split
from datasets.services.versions.freeze import freeze
from jobs.models import Status
from storage import durable
from storage.names import run_file_name
from tests import factories
from tests.datasets.conftest import encoded, run_job

assert handlers
assert run_job

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

CONFIG = {
    "epochs": 6, "batch_size": 8, "self_training": 0.6, "learning_rate": 0.003, "image_size": 64,
    "early_stopping_patience": 0,
}  # fmt: skip


def _pictures(first: int, count: int, red: bool) -> list[bytes]:
    found = []
    for number in range(first, first + count):
        pixels = np.random.default_rng(number).normal(90, 30, (64, 72, 3))
        pixels[:, :, 0 if red else 2] += 110
        found.append(encoded(Picture.fromarray(pixels.clip(0, 255).astype(np.uint8)), "PNG"))
    return found


@pytest.fixture
def version(user):
    dataset = factories.make_dataset(user=user, name="Colours")
    for name, red in (("blue", False), ("red", True)):
        contents = _pictures(1000 * red, 10, red)
        factories.add_files(
            dataset, [(f"{name}{n}.png", each, name) for n, each in enumerate(contents)]
        )
    return freeze(user=user, dataset=dataset)


def _add_unlabelled(version):
    both = [*_pictures(500, 10, False), *_pictures(1500, 10, True)]
    return factories.add_files(
        version.dataset, [(f"new{n}.png", each, "") for n, each in enumerate(both)]
    )


def test_without_unlabelled_images_it_is_refused(user, version):
    with pytest.raises(Invalid, match="Colours has none") as caught:
        start_training(
            user=user, dataset_version=version, preset="cnn_tiny", config={"self_training": 0.9}
        )
    assert caught.value.errors[0].pointer == "/config/self_training"


def test_a_run_says_what_it_took_and_a_later_report_knows(user, version, api, page_client, run_job):
    new = _add_unlabelled(version)
    held = Sample.objects.filter(version=version, split=Split.TEST).first()
    copy = Picture.open(io.BytesIO(durable.read(f"blobs/{held.sha256[:2]}/{held.sha256}")))
    factories.add_files(version.dataset, [("copy.png", encoded(copy, "BMP"), "")])
    run = start_training(
        user=user, dataset_version=version, preset="efficientnet_lite0", config=CONFIG
    )
    job = run_job(run.job)
    assert job.status == Status.SUCCEEDED, job.error
    run.refresh_from_db()
    told = run.metrics["self_training"]
    assert told["asked"] == 20
    assert sum(told["taken"].values()) > 5
    assert told["left_out"] == {"held_out": 1}, "a copy of a test image"
    assert Image.objects.filter(class_label=None).count() == 21, "no image gets a class"
    model = ModelVersion.objects.get(training_run=run)
    page = page_client.get(f"/training/{run.pk}/").content.decode()
    assert "of 20 unlabelled images: those it was at least 0.6 sure of" in page
    assert "1 that validation or a test split measures on" in page
    assert told["kept"], run.metrics
    url = f"/api/v1/model-versions/{model.pk}/files/self_training.csv/"
    text = b"".join(api.get(url).streaming_content).decode()
    taken = {row["image_sha256"]: row["class_name"] for row in csv.DictReader(text.splitlines())}
    assert set(taken) <= {each.sha256 for each in new}

    body = {"dataset_version": str(version.pk), "preset": "efficientnet_lite0", "config": CONFIG}
    refused = api.post("/api/v1/experiments/", {**body, "kind": "cross_validation"})
    assert refused.json()["errors"][0]["pointer"] == "/config/self_training", refused.json()

    # People label them; a later version tests on some that this model has learned from.
    labels = {each.name: each for each in ClassLabel.objects.filter(dataset=version.dataset)}
    for image in new:
        name = "red" if int(image.name[3:-4]) >= 10 else "blue"
        Image.objects.filter(pk=image.pk).update(class_label=labels[name])
    later = freeze(user=user, dataset=version.dataset, seed=4, test=0.4, train=0.5)
    tested = Sample.objects.filter(version=later, split=Split.TEST, sha256__in=list(taken))
    assert tested.exists()
    report = start_evaluation(user=user, model_version=model, dataset_version=later)
    assert run_job(report.job).status == Status.SUCCEEDED
    learned = Sample.objects.filter(version=version, split__in=(Split.TRAIN, Split.VALIDATION))
    again = Sample.objects.filter(version=later, split=Split.TEST).filter(
        sha256__in=learned.values("sha256")
    )
    seen = EvaluationReport.objects.get(pk=report.pk).figures.seen_in_training
    assert seen == tested.count() + again.count()


def test_what_is_deleted_meanwhile_is_told_and_left_out(user, version, page_client, run_job):
    new = _add_unlabelled(version)
    config = {**CONFIG, "epochs": 2, "self_training": 0.9999}
    run = start_training(
        user=user, dataset_version=version, preset="efficientnet_lite0", config=config
    )
    listed = {
        "contents": sorted(each.sha256 for each in new), "held_out": 0, "known": 0, "beyond": 0,
    }  # fmt: skip
    durable.write(run_file_name(run.pk, LIST_FILE), [json.dumps(listed).encode()])
    Image.objects.filter(pk=new[0].pk).update(deleted_at=timezone.now())
    job = run_job(run.job)
    assert job.status == Status.SUCCEEDED, job.error
    run.refresh_from_db()
    told = run.metrics["self_training"]
    assert (told["asked"], told["left_out"]) == (19, {"deleted": 1})
    page = page_client.get(f"/training/{run.pk}/").content.decode()
    assert "1 deleted since the run began" in page
