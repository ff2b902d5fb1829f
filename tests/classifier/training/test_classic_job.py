"""A classic method as a job: no TensorFlow, its report, its files, its page."""

import numpy as np
import pytest

from classifier.engine.formats.classic.model_file import classic_head
from classifier.engine.presets.registry import PRESETS
from classifier.engine.runtime.predictor import Predictor
from classifier.models import EpochMetrics, EvaluationReport, ModelVersion
from classifier.prediction.serving.model_cache import ModelCache
from classifier.registry.services.start_export import start_export
from classifier.training.selectors.presets import suggested_config
from classifier.training.services.start_training import start_training
from classifier.work import __all__ as handlers
from common.errors import Invalid, Unprocessable
from jobs.models import Status
from tests import factories
from tests.classifier.training.animals import make_animals
from tests.datasets.analysis.planting import ANIMALS
from tests.datasets.conftest import run_job

assert handlers
assert run_job
pytestmark = pytest.mark.django_db


def test_a_classic_run_is_work_of_the_kind_without_keras(user):
    version = factories.make_version(user=user)
    run = start_training(user=user, dataset_version=version, preset="random_forest")
    assert run.job.kind == "train_head"
    with pytest.raises(Invalid) as caught:
        start_training(
            user=user, dataset_version=version, preset="random_forest", config={"epochs": 3}
        )
    [error] = caught.value.errors
    assert error.pointer == "/config/epochs"
    assert error.detail.startswith("random_forest has no setting 'epochs'; its settings are")


def test_the_form_suggests_pixels_for_small_images(user, page_client):
    version = factories.make_version(user=user)
    classic = [name for name, preset in PRESETS.items() if preset.kind == "classic"]
    for name in classic:
        query = {"preset": name, "dataset_version": version.pk}
        for address in ("/training/new/", "/training/new/settings/"):
            page = page_client.get(address, query).content.decode()
            assert '<option value="pixels" selected>' in page
    assert suggested_config(PRESETS["rbf_svm"], version) == {"input": "pixels", "side": 16}
    assert suggested_config(PRESETS["cnn_tiny"], version) == {}


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(
            {"input": "vectors", "principal_components": 16},
            marks=[
                pytest.mark.shared_data,
                pytest.mark.skipif(not ANIMALS.exists(), reason="../shared/data is missing"),
            ],
        ),
        {"input": "colours", "side": 16, "fit": "crop"},
    ],
)
def test_a_classic_run_is_reported_served_and_shown(config, user, api, page_client, run_job):
    vectors = config["input"] == "vectors"
    version = make_animals(user) if vectors else factories.make_version(user=user)
    run = start_training(
        user=user, dataset_version=version, preset="logistic_regression", config=config
    )
    run_job(run.job)
    run.job.refresh_from_db()
    assert run.job.status == Status.SUCCEEDED, run.job.error
    run.refresh_from_db()
    assert not EpochMetrics.objects.filter(run=run).exists()
    made = ModelVersion.objects.get(training_run=run)
    assert set(made.files) == {"model.onnx", "model.skops", "training_script.py"}
    report = EvaluationReport.objects.get(model_version=made)
    kept = run.metrics.get("kept_vectors")
    if vectors:
        assert report.figures.accuracy > 0.8
        # The test images were never embedded: those of validation are compared.
        assert kept["images"] == sum(version.sample_counts["validation"].values())
        assert (kept["flipped"], kept["fitted_again"]) == (0, False)
    else:
        assert kept is None
        assert len(run.metrics["importances"]["map"]) == 4

    # What a predict worker opens; the outputs are probabilities of the same classes.
    served = ModelCache(2, 1 << 30).get(made.served_path, made.served_file["sha256"])
    assert served.class_names == tuple(version.class_names)
    fit = config.get("fit", "stretch")
    assert served.views[0].fit == fit
    assert api.get(f"/api/v1/model-versions/{made.pk}/").json()["fit"] == fit
    assert api.get(f"/api/v1/training-runs/{run.pk}/samples/").json()["fit"] == fit
    assert f"{fit}: " in page_client.get(f"/model-versions/{made.pk}/").content.decode()
    # What was registered before there was a choice says nothing of it.
    assert ModelVersion(config={"side": 16}).fit == "stretch"
    shape = (5, served.views[0].size, served.views[0].size, 3)
    noise = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    answers, numbers = Predictor.load(made.served_path).predict_with_vectors(noise)
    np.testing.assert_allclose(served.predict(noise), answers, atol=1e-6)
    np.testing.assert_allclose(classic_head(made.served_path)(numbers), answers, atol=1e-6)

    answer = api.get(f"/api/v1/training-runs/{run.pk}/").json()
    assert answer["metrics"]["stopped"]["planned_epochs"] == 0
    assert answer["verdict"]
    page = page_client.get(f"/training/{run.pk}/").content.decode()
    assert f"/model-versions/{made.pk}/files/training_script.py/" in page
    assert f"/dataset-versions/{version.pk}/archive/" in page
    assert "What it goes by" in page
    assert "Best epoch" not in page
    # Vectors have a size of their own.
    assert ("<dt>Side</dt>" in page) != vectors
    script = api.get(f"/api/v1/model-versions/{made.pk}/files/training_script.py/")
    text = b"".join(script.streaming_content).decode()
    assert ("import onnxruntime" in text) == vectors
    compile(text, "training_script.py", "exec")

    missing = api.get(f"/api/v1/model-versions/{made.pk}/files/model.keras/")
    assert missing.status_code == 404
    assert "its files are model.onnx, model.skops, training_script.py" in missing.json()["detail"]
    with pytest.raises(Unprocessable, match="is no network of Keras") as caught:
        start_export(user=user, version=made, format="keras")
    assert caught.value.code == "does_not_apply"
