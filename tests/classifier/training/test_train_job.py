"""A whole training by a real worker: progress, curves, version, report, and a prediction."""

import io
import json

import pytest
from PIL import Image as Picture

from classifier.engine.measure.calibration import fitted_temperature
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.views import rows_of
from classifier.models import (
    EpochAnswers,
    EpochMetrics,
    EvaluationReport,
    ModelVersion,
    TrainingRun,
    VersionCalibration,
)
from classifier.registry.services.register import version_id_of
from common.hashing import sha256_file
from datasets.decoding.pixels.store import open_pixels
from datasets.models import Split
from datasets.selectors.versions import samples_of
from datasets.services.versions.freeze import freeze
from jobs.events import client, stream_key
from jobs.models import Job, Status
from storage import durable, scratch
from storage.names import model_file_name
from tests import factories
from tests.classifier.conftest import COLORS, make_colors
from tests.classifier.training.worker import SECONDS, finish, kill_trainer, sign_in
from tests.conftest import wait_until

pytestmark = pytest.mark.long


@pytest.fixture
def session(stack, settings):
    user = factories.make_user()
    session = sign_in(stack, user)
    session.user = user
    return session


def start(stack, session, version, preset="cnn_tiny", **config):
    body = {"dataset_version": str(version.pk), "preset": preset, "config": config}
    answer = session.post(f"{stack.url}/api/v1/training-runs/", json=body, timeout=30)
    assert answer.status_code == 202, answer.text
    return TrainingRun.objects.select_related("job").get(pk=answer.json()["id"])


def check_temperature(registered, report):
    """The job has fitted it on what the file answers to the validation images, and kept it."""
    samples = samples_of(registered.dataset_version, Split.VALIDATION)
    predictor = Predictor.load(registered.served_path)
    with open_pixels(print) as pixels:
        contents = [sha256 for sha256, _ in samples]
        rows = rows_of(pixels, contents, predictor.views, lambda done, total: None)
        answers = predictor.predict_rows(rows, lambda done, total: None)
    found = report.metrics["calibration"]
    kept = VersionCalibration.objects.get(model_version=registered)
    assert kept.images == found["fitted_on"] == len(samples)
    expected = fitted_temperature(answers, [index for _, index in samples])
    assert kept.temperature == found["temperature"] == expected


def test_a_run_becomes_a_version_with_a_report_that_answers(stack, session):
    dataset = make_colors(session.user)
    version = freeze(user=session.user, dataset=dataset)
    settings = {"epochs": 8, "batch_size": 8, "augmentation": "none", "deterministic": False}
    run = start(stack, session, version, **settings)
    finish(stack, run)

    registered = ModelVersion.objects.get(training_run=run)
    assert run.job.result["type"] == "model_version"
    assert run.job.result["id"] == str(registered.pk)
    assert registered.class_names == ["blue", "red"]
    assert sha256_file(registered.served_path) == registered.files["model.onnx"]["sha256"]
    assert registered.dataset_digest == version.digest
    assert registered.model.alias_set.get().alias == "champion"

    epochs = session.get(f"{stack.url}/api/v1/training-runs/{run.pk}/epochs/", timeout=30).json()
    assert [each["epoch"] for each in epochs] == list(range(1, len(epochs) + 1))
    assert 1 <= len(epochs) <= 8
    assert EpochMetrics.objects.filter(run=run).count() == len(epochs)

    report = EvaluationReport.objects.get(model_version=registered)
    assert (report.job_id, report.split_name) == (run.job_id, "test")
    assert report.metrics["sample_count"] == sum(version.sample_counts["test"].values())
    assert report.metrics["accuracy"] >= 0.9
    assert registered.training_run.metrics["milliseconds_per_image"] > 0
    check_temperature(registered, report)

    events = session.get(
        f"{stack.url}/api/v1/jobs/{run.job_id}/events/", timeout=30, stream=True
    ).text
    assert "event: epoch" in events
    # From the first second on it says what happens.
    for message in ("Listing the images of the version", "Compiling the network for the first"):
        assert message in events
    told = [
        json.loads(fields["data"])["message"]
        for _, fields in client().xrange(stream_key(run.job_id))
        if fields["event"] == "progress"
    ]
    assert told[0].startswith(("Starting a process", "Loading TensorFlow"))
    assert "event: samples" in events
    shown = session.get(f"{stack.url}/api/v1/training-runs/{run.pk}/samples/", timeout=30).json()
    assert [each["class_name"] for each in shown["images"]] == ["blue", "red"] * 4
    picture = session.get(f"{stack.url}{shown['images'][0]['url']}", timeout=30)
    red, _, blue = Picture.open(io.BytesIO(picture.content)).convert("RGB").getpixel((90, 90))
    assert blue > red
    stopped = session.get(f"{stack.url}/api/v1/training-runs/{run.pk}/", timeout=30).json()
    assert stopped["metrics"]["stopped"]["planned_epochs"] == 8
    assert stopped["processor_seconds"] > 0.1
    assert all(each["memory_bytes"] > 20 << 20 for each in epochs)
    by_class = session.get(f"{stack.url}/api/v1/training-runs/{run.pk}/classes/", timeout=30).json()
    assert by_class["epoch"] == stopped["metrics"]["best_epoch"]
    right = sum(each["correct"] for each in by_class["classes"])
    images = sum(each["images"] for each in by_class["classes"])
    assert right / images == pytest.approx(stopped["metrics"]["val_accuracy"])

    stream = io.BytesIO()
    Picture.new("RGB", (40, 40), COLORS["red"]).save(stream, "JPEG")
    predict = f"{stack.url}/api/v1/models/{registered.model_id}/predict/"
    answer = session.post(predict, files={"images": ("red.jpg", stream.getvalue())}, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"][0]["classes"][0]["class_name"] == "red"

    again = session.post(
        f"{stack.url}/api/v1/model-versions/{registered.pk}/evaluations/",
        json={"dataset_version": str(version.pk), "split": "validation"},
        timeout=30,
    ).json()
    other = EvaluationReport.objects.select_related("job").get(pk=again["id"])

    def measured():
        other.refresh_from_db()
        return other.metrics

    wait_until(measured, 60, lambda: stack.log("io"))
    assert other.metrics["sample_count"] == sum(version.sample_counts["validation"].values())


def test_a_run_that_a_person_finishes_keeps_its_best_epoch(stack, session):
    version = freeze(user=session.user, dataset=make_colors(session.user))
    settings = {"epochs": 500, "early_stopping_patience": 0, "batch_size": 8}
    run = start(stack, session, version, **settings)
    url = f"{stack.url}/api/v1/training-runs/{run.pk}/finish/"
    wait_until(lambda: len(curve(run)) >= 2, SECONDS, lambda: stack.log("train"))
    assert session.post(url, json={"when": "epoch"}, timeout=30).status_code == 202
    finish(stack, run)
    run.refresh_from_db()
    stopped, epochs = run.metrics["stopped"], curve(run)
    assert (stopped["reason"], stopped["planned_epochs"]) == ("finished", 500)
    assert stopped["epoch"] == len(epochs) == run.metrics["epochs"]
    assert EvaluationReport.objects.filter(model_version__training_run=run).exists()
    late = session.post(url, json={"when": "now"}, timeout=30)
    assert (late.status_code, late.json()["code"]) == (409, "not_running")


def curve(run) -> list[tuple]:
    """The run's epochs, without how long they took."""
    fields = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
    return list(EpochMetrics.objects.filter(run=run).order_by("epoch").values_list(*fields))


def watched(run) -> list[tuple]:
    """What each of its epochs answered on validation, by class and on the watched images."""
    assert TrainingRun.objects.get(pk=run.pk).watched
    rows = EpochAnswers.objects.filter(run=run).order_by("epoch")
    return [(row.epoch, *map(bytes, (row.correct, row.predicted, row.probability))) for row in rows]


def attempt_ended(job) -> bool:
    """Whether the first attempt's end is written."""
    return job.attempt_set.exclude(outcome="").exists()


# A network, and a head on vectors, whose epochs take milliseconds.
KILLED = {
    "cnn_tiny": {"epochs": 60, "batch_size": 8, "deterministic": True},
    "efficientnet_lite0": {"epochs": 1000, "batch_size": 2, "augmentation": "none"},
}


@pytest.mark.parametrize(
    "preset", [pytest.param("cnn_tiny", marks=pytest.mark.slow), "efficientnet_lite0"]
)
def test_a_killed_run_ends_like_one_that_was_not(stack, session, preset):
    version = freeze(user=session.user, dataset=make_colors(session.user))
    settings = {**KILLED[preset], "preset": preset, "early_stopping_patience": 0, "seed": 3}
    killed = start(stack, session, version, **settings)
    wait_until(lambda: len(curve(killed)) >= 3, SECONDS, lambda: stack.log("train"))
    kill_trainer(killed.job)
    told = len(curve(killed))
    wait_until(lambda: attempt_ended(killed.job), SECONDS, lambda: stack.log("train"))
    spent = Job.objects.get(pk=killed.job_id).processor_seconds
    # While the other waits for its next attempt.
    whole = start(stack, session, version, **settings)
    for run in (whole, killed):
        finish(stack, run)
    assert (whole.job.attempts, killed.job.attempts) == (1, 2)
    assert told < settings["epochs"], "it was killed too late to be of any use"
    assert len(curve(whole)) == settings["epochs"]
    assert curve(killed) == curve(whole)
    assert watched(killed) == watched(whole)
    assert len(watched(whole)) == settings["epochs"]
    # What the killed attempt had worked is not lost.
    assert killed.job.processor_seconds > spent > 0.1
    assert whole.job.gpu_seconds == 0
    figures = [
        EvaluationReport.objects.get(model_version__training_run=run).metrics
        for run in (killed, whole)
    ]
    for found in figures:
        assert found["cost"].pop("milliseconds_per_image") > 0
    assert figures[0] == figures[1]


def test_a_running_run_stops_and_goes_on_from_its_checkpoint(stack, session):
    version = freeze(user=session.user, dataset=make_colors(session.user))
    settings = {"epochs": 400, "early_stopping_patience": 0, "deterministic": False}
    run = start(stack, session, version, **settings)
    curve = EpochMetrics.objects.filter(run=run)
    wait_until(lambda: curve.count() >= 2, SECONDS, lambda: stack.log("train"))
    url = f"{stack.url}/api/v1/training-runs/{run.pk}/"
    assert session.post(f"{url}cancel/", timeout=30).status_code == 202
    finish(stack, run, Status.CANCELLED)
    assert not ModelVersion.objects.filter(training_run=run).exists()

    reached = curve.count()
    first_losses = dict(curve.values_list("epoch", "loss"))
    assert session.post(f"{url}resume/", timeout=30).status_code == 202
    run = TrainingRun.objects.select_related("job").get(pk=run.pk)
    wait_until(lambda: curve.count() > reached, SECONDS, lambda: stack.log("train"))
    losses = dict(curve.values_list("epoch", "loss"))
    # It went on where it was: what had been learned stands.
    assert all(losses[epoch] == loss for epoch, loss in first_losses.items() if epoch < reached)
    session.post(f"{url}cancel/", timeout=30)
    finish(stack, run, Status.CANCELLED)


def test_a_cancelled_head_leaves_neither_version_nor_file(stack, session):
    version = freeze(user=session.user, dataset=make_colors(session.user))
    settings = {**KILLED["efficientnet_lite0"], "early_stopping_patience": 0}
    run = start(stack, session, version, "efficientnet_lite0", **settings)
    assert run.job.kind == "train_head"
    wait_until(lambda: len(curve(run)) >= 3, SECONDS, lambda: stack.log("io"))
    url = f"{stack.url}/api/v1/training-runs/{run.pk}/cancel/"
    assert session.post(url, timeout=30).status_code == 202
    finish(stack, run, Status.CANCELLED)
    assert len(curve(run)) < settings["epochs"]
    assert not ModelVersion.objects.filter(training_run=run).exists()
    assert not durable.local(model_file_name(version_id_of(run), "model.onnx")).exists()
    [attempt] = run.job.attempt_set.all()
    wait_until(lambda: not scratch.attempt_dir(run.job_id, attempt.fence).exists(), SECONDS)
