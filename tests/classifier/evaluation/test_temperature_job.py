"""The temperature of a network that learned from nothing, as its evaluation's job fits it."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.views import rows_of
from classifier.evaluation.services.start_evaluation import start_evaluation
from classifier.models import VersionCalibration
from classifier.work import __all__ as handlers
from datasets.decoding.pixels.store import open_pixels
from datasets.models import Split
from datasets.selectors.versions import samples_of
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.classifier.conftest import square
from tests.datasets.conftest import run_job

assert run_job
assert handlers
COLORS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}


@pytest.fixture
def doubtful(user, make_model_version):
    """A network that is sure of every colour; a third of the validation labels say another."""
    dataset = factories.make_dataset(user=user)
    names = list(COLORS)
    for split, count in (("train", 2), ("validation", 30), ("test", 3)):
        files = []
        for place, name in enumerate(names):
            red, green, blue = COLORS[name]
            for number in range(count):
                said = names[(place + (split == "validation" and number % 3 == 0)) % 3]
                shade = number + {"train": 0, "validation": 10, "test": 50}[split]
                files.append((f"{name}-{shade}.png", square((red, green, blue + shade // 2)), said))
        factories.add_files(dataset, files, split=split)
    return make_model_version(user, version=freeze(user=user, dataset=dataset, strategy="folder"))


def test_it_is_fitted_on_the_validation_images_and_kept(user, doubtful, run_job):
    version = doubtful.dataset_version
    report = start_evaluation(user=user, model_version=doubtful, dataset_version=version)
    assert run_job(report.job).status == "succeeded", report.job.error
    report.refresh_from_db()
    kept = VersionCalibration.objects.get(model_version=doubtful)
    samples = samples_of(version, Split.VALIDATION)
    assert kept.images == report.figures.calibration.fitted_on == len(samples)
    assert kept.temperature == report.figures.calibration.temperature

    predictor = Predictor.load(doubtful.served_path)
    with open_pixels(print) as pixels:
        contents = [sha256 for sha256, _ in samples]
        rows = rows_of(pixels, contents, predictor.views, lambda done, total: None)
        answers = predictor.predict_rows(rows, lambda done, total: None).astype(np.float64)
    truth = np.array([index for _, index in samples])
    logits = np.log(answers.clip(1e-12))

    def log_loss(temperature: float) -> float:
        scaled = logits / temperature
        scaled -= np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-scaled[np.arange(len(truth)), truth].mean())

    best = minimize_scalar(log_loss, bounds=(0.4, 5), method="bounded").x
    assert best > 1.2, "it is surer than a third of wrong labels lets it be"
    # It is one of forty temperatures, 7 % apart.
    assert kept.temperature == pytest.approx(best, rel=0.07)
    calibration = report.figures.calibration
    assert calibration.scaled.ece > calibration.ece, "on these clean test images doubt is wrong"
