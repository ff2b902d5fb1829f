"""What several tests of versions stand on."""

import pytest

from classifier.models import TrainingRun
from classifier.registry.services.go_live import go_live_or_compare
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.classifier.conftest import square
from tests.classifier.trained import end_job


@pytest.fixture
def colours(user, make_model_version):
    """A version of colours with images of its own in every split, six of them for validation."""
    dataset = factories.make_dataset(user=user)
    files = []
    for index, name in enumerate(("blue", "green", "red")):
        for shade in range(20):
            colour = [20 + shade, 30, 25]
            colour[2 - index] = 180 + 2 * shade
            files.append((f"{name}-{shade}.png", square(tuple(colour)), name))
    factories.add_files(dataset, files)
    return make_model_version(user, version=freeze(user=user, dataset=dataset))


@pytest.fixture
def make_line(db):
    """Versions of one model that all pass the gate, the first one live: `make_line(user, 3)`.

    `right`, of 60 test images, for each version.
    """

    def _make(user, count: int, right=()):
        frozen = factories.make_version(user=user)
        versions = []
        for number in range(count):
            run = factories.make_run(user, frozen)
            end_job(run.job)
            model = versions[0].model if versions else None
            versions.append(factories.make_model_version(run, model=model))
            right_ones = right[number] if right else 58
            report = factories.make_report(versions[-1], right_ones)
            end_job(report.job)
        return versions

    return _make


@pytest.fixture
def make_trained(user):
    """A version of a succeeded run with its report: `make_trained(right=58)`; nothing is live."""

    def _make(right: int, model=None, **options):
        run = factories.make_run(user, options.pop("version", None))
        version = factories.make_model_version(run, model=model, live=False)
        end_job(run.job)
        # As `register_version` leaves it.
        metrics = {
            "accuracy": 0.99, "loss": 0.1, "val_accuracy": 0.9, "val_loss": 0.3,
            "best_epoch": 4, "epochs": 10, "seconds": 1.0, "parameters": 9,
        }  # fmt: skip
        TrainingRun.objects.filter(pk=run.pk).update(model=version.model, metrics=metrics)
        version.report = factories.make_report(version, right, job=run.job, **options)
        go_live_or_compare(version, version.report)
        return version

    return _make
