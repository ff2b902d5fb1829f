"""A head on vectors as a job: its kind, its report, and the files that are made on request."""

import json
import subprocess
import sys

import numpy as np
import pytest

from classifier.engine.formats.exports import FORMATS
from classifier.engine.runtime.predictor import Predictor
from classifier.models import (
    EpochMetrics,
    EvaluationReport,
    ModelExport,
    ModelVersion,
    TrainingRun,
)
from classifier.training.services.start_training import clone_training, start_training
from classifier.work import __all__ as handlers
from common.errors import Invalid
from datasets.models import Vector
from jobs.models import Job, Status
from storage import durable
from storage.names import model_file_name
from tests import factories
from tests.classifier.training.animals import make_animals
from tests.datasets.analysis.planting import ANIMALS
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = pytest.mark.django_db
FILES = ["model.keras", "model.onnx", "training_script.py"]


def test_a_head_alone_is_work_of_its_own_kind(user):
    version = factories.make_version(user=user)
    head = start_training(user=user, dataset_version=version, preset="efficientnet_lite0")
    tuned = start_training(
        user=user,
        dataset_version=version,
        preset="efficientnet_lite0",
        config={"fine_tune_epochs": 1, "augmentation": "full"},
    )
    assert (head.job.kind, tuned.job.kind) == ("train_head", "train")
    with pytest.raises(Invalid) as caught:
        start_training(
            user=user,
            dataset_version=version,
            preset="efficientnet_lite0",
            config={"augmentation": "full"},
        )
    [error] = caught.value.errors
    assert error.pointer == "/config/augmentation"
    assert "(fine_tune_epochs) to 1 or more" in error.detail


def test_a_run_from_before_is_told_what_changes(user, page_client, api):
    version = factories.make_version(user=user)
    run = start_training(user=user, dataset_version=version, preset="efficientnet_lite0")
    run.config |= {"augmentation": "full"}
    run.save()
    page = page_client.get(f"/training/{run.pk}/clone/").content.decode()
    assert "The run had the augmentation full." in page
    assert '<option value="mirror" selected>' in page
    assert page_client.get(f"/training/{run.pk}/").status_code == 200
    url = f"/api/v1/training-runs/{run.pk}/"
    assert api.get(url).json()["config"]["augmentation"] == "full"
    refused = api.post(f"{url}clone/", {}, format="json")
    assert refused.status_code == 400
    assert "send config.augmentation: mirror" in refused.json()["errors"][0]["detail"]
    again = clone_training(user=user, run=run, changes={"config": {"augmentation": "mirror"}})
    assert again.config["augmentation"] == "mirror"
    tuned = clone_training(user=user, run=run, changes={"config": {"fine_tune_epochs": 2}})
    assert tuned.config["augmentation"] == "full"


def test_the_making_of_vectors_counts_against_the_time_limit(user, run_job):
    version = factories.make_version(user=user)
    run = start_training(user=user, dataset_version=version, preset="efficientnet_lite0")
    TrainingRun.objects.filter(pk=run.pk).update(time_limit_seconds=0)
    job = run_job(run.job)
    assert (job.status, job.error["code"]) == (Status.FAILED, "timed_out")
    assert "before its first epoch had ended" in job.error["detail"]


@pytest.mark.shared_data
@pytest.mark.skipif(not ANIMALS.exists(), reason="../shared/data is missing")
@pytest.mark.timeout(600)
def test_from_photographs_to_a_report_and_to_a_keras_file_on_request(
    user, api, page_client, run_job
):
    run = start_training(user=user, dataset_version=make_animals(user), preset="efficientnet_lite0")
    job = run_job(run.job)
    assert job.status == Status.SUCCEEDED, job.error
    version = ModelVersion.objects.get(training_run=run)
    assert list(version.files) == ["model.onnx", "training_script.py"]
    assert version.parity["max_abs_difference"] <= 1e-5
    report = EvaluationReport.objects.get(model_version=version)
    assert report.figures.accuracy >= 0.8
    validated = sum(version.dataset_version.sample_counts["validation"].values())
    assert report.figures.calibration.fitted_on == version.calibration.images == validated
    assert report.figures.cost.bytes == version.files["model.onnx"]["bytes"]
    learned = version.dataset_version.sample_counts
    kept = sum(learned["train"].values()) + sum(learned["validation"].values())
    assert Vector.objects.count() == kept
    again = clone_training(user=user, run=run, changes={"config": {"seed": 1}})
    assert run_job(again.job).status == Status.SUCCEEDED, again.job.error
    assert Vector.objects.count() == kept, "each image goes through the network once"
    run.refresh_from_db()
    compared = run.metrics["kept_vectors"]
    # The test images were never embedded: those of validation are compared.
    assert compared["images"] == sum(learned["validation"].values())
    assert (compared["flipped"], compared["fitted_again"]) == (0, False)
    assert compared["largest_difference"] < 0.01
    assert "as the kept vectors do" in page_client.get(f"/training/{run.pk}/").content.decode()
    assert EpochMetrics.objects.filter(run=run).count() == run.metrics["epochs"]

    url = f"/api/v1/model-versions/{version.pk}/"
    assert api.get(url).json()["made_on_request"] == list(FORMATS)
    refused = api.get(f"{url}files/model.keras/")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_made_yet")
    assert "exports/" in refused.json()["hint"]
    page = page_client.get(f"/model-versions/{version.pk}/").content.decode()
    assert "files/model.keras/" not in page, "no link to what is not there"
    exports = f"/model-versions/{version.pk}/exports/"
    assert exports in page
    assert "Make it: Keras" in page_client.get(exports).content.decode()
    asked = api.post(f"{url}exports/", {"format": "keras"}, format="json")
    assert asked.status_code == 202
    assert asked.json()["file"] is None
    again = api.post(f"{url}exports/", {"format": "keras"}, format="json")
    assert again.json()["id"] == asked.json()["id"]
    page = page_client.get(exports).content.decode()
    assert "Make it: Keras" not in page

    made = run_job(Job.objects.get(kind="export"))
    assert made.status == Status.SUCCEEDED, made.error
    export = ModelExport.objects.get()
    tested = sum(learned["test"].values())
    assert export.check_result.images == tested
    assert export.check_result.largest_difference <= 1e-5
    assert api.post(f"{url}exports/", {"format": "keras"}, format="json").status_code == 200
    assert sorted(api.get(url).json()["files"]) == FILES
    content = b"".join(api.get(f"{url}files/model.keras/").streaming_content)
    assert len(content) == export.file["bytes"]
    page = page_client.get(f"/model-versions/{version.pk}/").content.decode()
    assert "files/model.keras/" in page

    images = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), np.uint8)
    program = (
        "import sys, keras, numpy;"
        "model = keras.saving.load_model(sys.argv[1], compile=False);"
        "images = numpy.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), numpy.uint8);"
        "print(model.predict(images, verbose=0).tolist())"
    )
    path = durable.local(model_file_name(version.pk, "model.keras"))
    told = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    received = np.array(json.loads(told.stdout.splitlines()[-1]))
    np.testing.assert_allclose(
        received, Predictor.load(version.served_path).predict(images), atol=1e-5
    )


@pytest.mark.shared_data
@pytest.mark.skipif(not ANIMALS.exists(), reason="../shared/data is missing")
@pytest.mark.timeout(600)
def test_a_head_is_fitted_again_where_the_served_file_contradicts_its_vectors(
    user, page_client, run_job
):
    """Vectors that are not those of the images: of each, its neighbour's in the table."""
    version = make_animals(user, each=12)
    settings = {"preset": "efficientnet_lite0", "config": {"epochs": 3}}
    first = start_training(user=user, dataset_version=version, **settings)
    assert run_job(first.job).status == Status.SUCCEEDED, first.job.error
    rows = list(Vector.objects.order_by("sha256").values_list("pk", "vector"))
    for (pk, _), (_, wrong) in zip(rows, rows[1:] + rows[:1], strict=True):
        Vector.objects.filter(pk=pk).update(vector=wrong)
    run = start_training(user=user, dataset_version=version, **settings)
    assert run_job(run.job).status == Status.SUCCEEDED, run.job.error
    run.refresh_from_db()
    first.refresh_from_db()
    compared = run.metrics["kept_vectors"]
    assert compared["flipped"] > 0.005 * compared["images"]
    assert compared["fitted_again"]
    # On the vectors that it was fitted on at last, it is as good as the first.
    assert abs(run.metrics["val_loss"] - first.metrics["val_loss"]) < 0.05
    assert EpochMetrics.objects.filter(run=run).count() == run.metrics["epochs"]
    assert "fitted again on computed vectors" in (
        page_client.get(f"/training/{run.pk}/").content.decode()
    )
