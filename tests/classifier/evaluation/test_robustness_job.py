"""A report with its temperature and cost, and a robustness check, by a real model file."""

import pytest

from classifier.evaluation.services.start_evaluation import start_evaluation
from classifier.evaluation.services.start_robustness import start_robustness
from classifier.models import RobustnessCheck, VersionCalibration
from classifier.work import __all__ as handlers
from datasets.models import Split
from datasets.services.versions.freeze import freeze
from jobs.services.cancel import cancel
from tests import factories
from tests.classifier.conftest import square
from tests.datasets.conftest import run_job

# A fixture of another folder.
assert run_job
# Workers know them; this process runs jobs itself.
assert handlers
COLORS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}


@pytest.fixture
def measured(user, make_model_version, run_job):
    """A report that its job has filled, of a version of three colours with every split."""
    dataset = factories.make_dataset(user=user)
    for split, count in (("train", 4), ("validation", 6), ("test", 10)):
        for name, (red, green, blue) in COLORS.items():
            for number in range(count):
                shade = number + (20 if split == "test" else 0)
                file = square((red + shade, green, blue + shade // 2))
                factories.add_files(dataset, [(f"{name}-{shade}.png", file, name)], split=split)
    version = freeze(user=user, dataset=dataset, strategy="folder")
    model_version = make_model_version(user, version=version)
    report = start_evaluation(user=user, model_version=model_version, dataset_version=version)
    assert run_job(report.job).status == "succeeded", report.job.error
    report.refresh_from_db()
    return report


def test_a_report_keeps_the_temperature_and_says_what_an_answer_takes(api, user, measured, run_job):
    body = api.get(f"/api/v1/evaluations/{measured.pk}/").json()
    kept = VersionCalibration.objects.get(model_version=measured.model_version)
    assert kept.images == body["calibration"]["fitted_on"] == 18
    assert kept.temperature == body["calibration"]["temperature"]
    assert body["calibration"]["scaled"]["ece"] <= body["calibration"]["ece"] + 0.02
    cost = body["cost"]
    assert 0 < cost["milliseconds_per_image"] < 1000
    assert cost["bytes"] == measured.model_version.served_file["bytes"]
    assert measured.curves.count() == 3
    # A second report takes the same temperature.
    again = start_evaluation(
        user=user, model_version=measured.model_version, split=Split.VALIDATION,
        dataset_version=measured.dataset_version,
    )  # fmt: skip
    assert run_job(again.job).status == "succeeded", again.job.error
    again.refresh_from_db()
    assert again.figures.calibration.temperature == kept.temperature


def test_accuracy_by_severity_of_some_images(api, user, measured, run_job):
    check = start_robustness(user=user, report=measured, images=12)
    assert run_job(check.job).status == "succeeded", check.job.error
    body = api.get(f"/api/v1/evaluations/{measured.pk}/robustness/").json()
    assert (body["images_asked"], body["images"], len(body["results"])) == (12, 12, 30)
    assert body["clean_accuracy"] == 1.0
    assert {row["corruption"] for row in body["results"]} == {
        "blur", "noise", "brightness", "jpeg", "rotation", "crop",
    }  # fmt: skip
    # A square of one colour looks the same blurred and cropped.
    by_name = {(row["corruption"], row["severity"]): row["accuracy"] for row in body["results"]}
    assert by_name["crop", 5] == by_name["blur", 5] == 1.0
    assert api.get(f"/api/v1/evaluations/{measured.pk}/").json()["robustness"] == body["results"]
    stopped = start_robustness(user=user, report=measured, images=12)
    cancel(user=user, job=stopped.job)
    assert RobustnessCheck.objects.get(pk=stopped.pk).figures is None
    assert api.get(f"/api/v1/evaluations/{measured.pk}/").json()["robustness"] == body["results"]
