"""“Use this model”: the head as it is fitted now, behind its backbone, as a version."""

import numpy as np
import pytest
from django.conf import settings

from classifier.engine.backbones.registry import DEFAULT
from classifier.engine.files import sha256_of
from classifier.engine.instant.head import Head, Method
from classifier.engine.runtime.predictor import Predictor
from classifier.evaluation.selectors.kept_unseen import kept_from
from classifier.instant.services.ask import fit_on_labels, fit_on_vectors
from classifier.instant.work import fit
from classifier.models import EvaluationReport, ModelAlias, ModelVersion
from classifier.registry.selectors.gate import gate_of
from classifier.work import __all__ as handlers
from datasets.models import InstantModel, Split
from datasets.services.vectors.embedding import start_embedding
from datasets.services.vectors.store_vectors import store_vectors
from datasets.services.versions.freeze import freeze
from jobs.models import TERMINAL, Job
from tests import factories
from tests.classifier.conftest import square
from tests.classifier.instant.made import run_fit
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dataset(user, monkeypatch):
    """Forty labelled images with vectors of the real backbone's kind."""
    monkeypatch.setattr(fit, "LINGER_SECONDS", 0.0)
    dataset = factories.make_dataset(user=user)
    weights = DEFAULT.weights.checked(settings.WEIGHTS_DIR)
    space = factories.make_space(
        backbone=DEFAULT.title,
        width=DEFAULT.width,
        size=DEFAULT.image_size,
        backbone_sha256=sha256_of(weights),
    )
    for number, kind in enumerate(("cat", "dog")):
        random = np.random.default_rng(number)
        centre = random.normal(size=DEFAULT.width)
        images = factories.make_images(dataset, kind, 20)
        store_vectors(
            organization_id=dataset.organization_id,
            space=space,
            vectors={image.sha256: centre + random.normal(0, 2, DEFAULT.width) for image in images},
        )
    dataset.space = space
    dataset.save(update_fields=["space"])
    return dataset


def test_the_head_is_registered_behind_its_backbone(user, api, dataset):
    url = f"/api/v1/datasets/{dataset.pk}/instant-model/register/"
    refused = api.post(url)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_instant_model")
    fit_on_vectors(user=None, dataset=dataset)
    run_fit(dataset)
    made = api.post(url)
    assert made.status_code == 201, made.json()
    row = InstantModel.objects.get(dataset=dataset)
    said = made.json()
    assert sorted(said["classes"]) == ["cat", "dog"]
    assert (said["training_run"], said["dataset_version"]) == (None, None)
    assert said["instant_model"] == {
        "dataset": str(dataset.pk), "dataset_name": dataset.name, "method": row.method,
        "labelled": 40, "learned_from": 40, "held_out": 0, "accuracy": row.accuracy,
        "interval": [row.accuracy_low, row.accuracy_high], "embedding": row.embedding,
    }  # fmt: skip
    # TensorFlow has taken no part.
    assert {"python", "numpy", "onnx", "onnxruntime", "pillow"} == said["libraries"].keys()

    version = ModelVersion.objects.get(pk=said["id"])
    predictor = Predictor.load(version.served_path, version.served_file["sha256"])
    assert list(predictor.class_names) == said["classes"]
    pixels = np.random.default_rng(1).integers(0, 256, (3, 224, 224, 3), np.uint8)
    answers, vectors = predictor.predict_with_vectors(pixels)
    weights = np.frombuffer(bytes(row.head), "<f4").reshape(2, -1)
    head = Head(Method(row.method), weights, row.temperature)
    assert np.abs(head.probabilities(vectors) - answers).max() < 1e-5

    # The same fit is the same version.
    again = api.post(url)
    assert (again.status_code, again.json()["id"]) == (200, said["id"])
    # Without a report it may not go live, and what to do is said.
    alias = f"/api/v1/models/{version.model_id}/aliases/champion/"
    unmeasured = api.put(alias, {"version": 1}, format="json")
    assert (unmeasured.status_code, unmeasured.json()["code"]) == (409, "gate_refused")
    assert "freeze a version" in unmeasured.json()["detail"]
    assert api.post(url, {"preset": "x"}, format="json").status_code == 400


def test_a_kept_test_set_measures_it_and_a_later_one_is_not_trusted(user, api, dataset):
    tested = freeze(user=user, dataset=dataset)
    url = f"/api/v1/datasets/{dataset.pk}/instant-model/register/"
    fit_on_vectors(user=None, dataset=dataset)
    run_fit(dataset)
    said = api.post(url).json()
    assert said["instant_model"]["held_out"] == sum(tested.sample_counts["test"].values())
    version = ModelVersion.objects.get(pk=said["id"])
    report = EvaluationReport.objects.get(model_version=version)
    assert (report.dataset_version, report.split) == (tested, Split.TEST)
    assert kept_from(version, tested, Split.TEST)
    assert not kept_from(version, tested, Split.TRAIN)
    assert "evaluate it on a test split" in gate_of(version).reason

    later = freeze(user=user, dataset=dataset, keep_test=False, seed=1)
    assert not kept_from(version, later, Split.TEST)
    # Until the fit has noticed, it may have learned from the new test images.
    early = api.post(url)
    assert (early.status_code, early.json()["code"]) == (409, "instant_model_learning")
    fit_on_labels(user=None, dataset=dataset)
    run_fit(dataset)
    second = api.post(url)
    assert second.status_code == 201
    assert second.json()["model"] == said["model"]
    assert second.json()["number"] == 2
    newer = ModelVersion.objects.get(pk=second.json()["id"])
    assert kept_from(newer, later, Split.TEST)


def work_off(run_job, kind: str) -> None:
    """Do the one job of this kind that waits."""
    job = Job.objects.exclude(status__in=TERMINAL).get(kind=kind)
    assert run_job(job).status == "succeeded", job.error


def test_the_first_version_that_its_test_images_let_pass_goes_live_by_itself(
    user, api, run_job, monkeypatch
):
    monkeypatch.setattr(fit, "LINGER_SECONDS", 0.0)
    dataset = factories.make_dataset(user=user)
    for shade in range(120, 150):
        files = [("red.png", square((shade, 20, 20)), "red")]
        files.append(("green.png", square((20, shade, 20)), "green"))
        factories.add_files(dataset, files)
    tested = freeze(user=user, dataset=dataset)
    start_embedding(user=user, dataset=dataset)
    work_off(run_job, "embed_images")
    run_fit(dataset)
    url = f"/api/v1/datasets/{dataset.pk}/instant-model/register/"
    made = api.post(url)
    assert made.status_code == 201, made.json()
    model = f"/api/v1/models/{made.json()['model']}/"
    assert api.get(model).json()["aliases"] == {}
    work_off(run_job, "evaluate")
    assert api.get(model).json()["aliases"] == {"champion": 1}
    (change,) = api.get(f"{model}history/").json()["results"]
    assert change["reason"] == "The first version that passed the gate."

    # A later one does not, and is compared on the test images that both were kept from.
    factories.add_files(dataset, [("more.png", square((151, 20, 20)), "red")])
    start_embedding(user=user, dataset=dataset)
    work_off(run_job, "embed_images")
    fit_on_labels(user=None, dataset=dataset)
    run_fit(dataset)
    second = api.post(url).json()
    assert (second["number"], second["model"]) == (2, made.json()["model"])
    work_off(run_job, "evaluate")
    assert ModelAlias.objects.get(model=second["model"]).version.number == 1
    newer = ModelVersion.objects.get(pk=second["id"])
    assert EvaluationReport.objects.get(model_version=newer).dataset_version == tested
    assert gate_of(newer).passed
    assert not Job.objects.exclude(status__in=TERMINAL).filter(kind="evaluate").exists()
