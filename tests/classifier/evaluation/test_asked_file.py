"""A report of a head comes from the vectors that are kept of its images, where all are there."""

import io

import numpy as np
import pytest
from PIL import Image as Picture

from classifier.engine.files import facts_of
from classifier.engine.formats.compose import write_composed
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.measure.answers import PackedAnswers, unpack
from classifier.engine.runtime.predictor import Predictor
from classifier.evaluation.services.start_evaluation import start_evaluation
from classifier.work import __all__ as handlers
from datasets.models import Split, Vector
from datasets.selectors.versions import samples_of
from datasets.services.vectors.store_vectors import store_vectors
from datasets.services.versions.freeze import freeze
from storage import durable
from tests import factories
from tests.classifier.small_backbone import PIXELS, SIZE, WIDTH, write_backbone
from tests.classifier.trained import end_job
from tests.datasets.conftest import run_job

assert run_job
assert handlers
CLASSES = ("cat", "dog", "fox")


@pytest.fixture
def version(user):
    """A version with 19 test images of noise, of the small backbone's own size."""
    dataset = factories.make_dataset(user=user)
    for split, count in (("test", len(PIXELS)), ("train", 3), ("validation", 6)):
        files = []
        for number in range(count):
            pixels = np.roll(PIXELS[number], len(split), axis=0)
            stream = io.BytesIO()
            Picture.fromarray(pixels).save(stream, "PNG")
            name = CLASSES[number % 3]
            files.append((f"{split}-{number}.png", stream.getvalue(), name))
        factories.add_files(dataset, files, split=split)
    return freeze(user=user, dataset=dataset, strategy="folder")


@pytest.fixture
def model_version(user, version, tmp_path):
    """A head on the small backbone, as its training writes it."""
    write_backbone(tmp_path / "backbone.onnx")
    random = np.random.default_rng(4)
    facts = ModelFacts(
        class_names=CLASSES, image_size=SIZE, fit="stretch", preset="efficientnet_lite0"
    )
    path = tmp_path / "model.onnx"
    kernel = random.normal(0, 0.2, (WIDTH, 3)).astype(np.float32)
    write_composed(
        tmp_path / "backbone.onnx", kernel, random.normal(0, 1, 3).astype(np.float32), facts, path
    )
    run = factories.make_run(user, version, preset="efficientnet_lite0")
    end_job(run.job)
    made = factories.make_model_version(run, files={"model.onnx": facts_of(path)})
    durable.write(made.served_name, [path.read_bytes()])
    return made


@pytest.fixture
def keep(user, version, model_version):
    """Keep what the file makes of test and validation images, plus `moved`."""

    def keep(moved: float = 0.0) -> None:
        splits = (Split.TEST, Split.VALIDATION)
        contents = [sha256 for split in splits for sha256, _ in samples_of(version, split)]
        pixels = np.stack([
            np.asarray(Picture.open(durable.local_blob(name))) for name in contents
        ])  # fmt: skip
        _, vectors = Predictor.load(model_version.served_path).predict_with_vectors(pixels)
        store_vectors(
            organization_id=user.personal_organization.pk,
            space=factories.make_space("Small", WIDTH, size=SIZE),
            vectors=dict(zip(contents, vectors + moved, strict=True)),
        )

    return keep


@pytest.fixture
def measured(user, version, model_version, run_job):
    """Evaluate; return the report, and of how many images the answers came from vectors."""

    def measured():
        report = start_evaluation(user=user, model_version=model_version, dataset_version=version)
        job = run_job(report.job)
        assert job.status == "succeeded", job.error
        report.refresh_from_db()
        return report, job.result["from_vectors"]

    return measured


def answers_of(report) -> list[tuple[int, float]]:
    kept = report.answers
    parts = (kept.correct, kept.predicted, kept.probability)
    return unpack(PackedAnswers(*map(bytes, parts)))


def test_kept_vectors_give_the_same_answers_as_the_pixels(version, keep, measured):
    by_pixels, from_vectors = measured()
    assert from_vectors == 0
    keep()
    by_vectors, from_vectors = measured()
    assert from_vectors == len(PIXELS)
    for (one, sure), (two, as_sure) in zip(
        answers_of(by_pixels), answers_of(by_vectors), strict=True
    ):
        assert one == two
        # Vectors are kept in float16.
        assert sure == pytest.approx(as_sure, abs=2e-4)
    assert by_vectors.figures.log_loss == pytest.approx(by_pixels.figures.log_loss, abs=1e-4)
    assert by_vectors.figures.confusion_matrix == by_pixels.figures.confusion_matrix
    # One vector less, and the images are read.
    Vector.objects.filter(sha256=samples_of(version, Split.TEST)[3][0]).delete()
    again, from_vectors = measured()
    assert from_vectors == 0
    assert answers_of(again) == answers_of(by_pixels)


def test_vectors_of_another_network_are_not_taken_for_those_of_this(keep, measured):
    by_pixels, _ = measured()
    keep(moved=0.5)
    again, from_vectors = measured()
    assert from_vectors == 0
    assert answers_of(again) == answers_of(by_pixels)
