"""Learning curves: what more images would bring, and how sure that is."""

import numpy as np
import pytest

from classifier.engine.fit.shares import SHARES, subset
from classifier.engine.measure.learning_curve import (
    extrapolate,
    learning_curve,
    nice_step,
    predicted_accuracy,
)
from classifier.models import Experiment, ExperimentMember
from classifier.work import __all__ as handlers
from datasets.services.versions.freeze import freeze
from jobs.models import Status
from tests import factories
from tests.classifier.conftest import make_colors
from tests.datasets.conftest import run_job

assert handlers
assert run_job

URL = "/api/v1/experiments/"


def simulated(images, law, seed):
    """Six sizes and which images are answered wrongly: hard ones stay hard, other fits differ."""
    rng = np.random.default_rng(seed)
    hard = rng.random(images)
    sizes = [round(0.8 * images * share) for share in SHARES]
    wrong = []
    for size in sizes:
        score = 0.7 * hard + 0.3 * rng.random(images)
        error = min(0.95, law(size) * np.exp(rng.normal(0, 0.05)))
        wrong.append(score < np.quantile(score, error))
    return sizes, np.array(wrong)


def test_the_interval_holds_what_four_times_as_many_images_bring():
    rng = np.random.default_rng(11)
    inside, widths = 0, []
    for trial in range(60):
        floor, slope, level = rng.uniform(0, 0.15), rng.uniform(0.2, 0.9), rng.uniform(0.5, 3)

        def law(size, floor=floor, slope=slope, level=level):
            return min(0.9, floor + level * size**-slope)

        sizes, wrong = simulated(400, law, trial)
        _, (low, high) = predicted_accuracy(sizes, wrong, 1600, 2000, trial)
        measured = 1 - rng.binomial(2000, law(1600)) / 2000
        inside += low <= measured <= high
        widths.append(high - low)
    # 95 % of 60 are 57; by chance alone fewer than 51 happen once in two hundred.
    assert inside >= 51
    assert np.mean(widths) < 0.2


def test_more_images_never_make_it_worse_and_the_same_seed_draws_the_same():
    sizes, wrong = simulated(300, lambda size: size**-0.4, 3)
    draws = extrapolate(sizes, wrong, [300, 600, 1200])
    assert (np.diff(draws, axis=1) <= 0).all()
    assert (draws == extrapolate(sizes, wrong, [300, 600, 1200])).all()


def test_the_advice_has_its_interval_or_says_why_not():
    sizes, wrong = simulated(400, lambda size: 2 * size**-0.5, 5)
    labels = np.arange(400) % 2
    found = learning_curve(sizes, wrong, labels, ["cat", "dog"], seconds=1.0)
    forecast = found.forecast
    assert (forecast.more_per_class, forecast.images) == (100, 600)
    assert found.advice.startswith("100 more images per class would bring about +")
    low, high = forecast.gain_interval
    assert 0 <= low <= forecast.gain <= high
    assert [each.class_name for each in found.per_class] == ["cat", "dog"]
    assert all(each.gain is None or each.gain >= 0 for each in found.per_class)
    assert learning_curve(sizes, wrong, labels, ["a", "b"], seconds=1).from_json(found.to_json())
    few = learning_curve(sizes[:3], wrong[:3], labels, ["cat", "dog"], seconds=1.0)
    assert few.forecast is None
    assert few.advice.startswith("Too few images to say")
    rare = learning_curve(
        sizes, wrong, np.where(np.arange(400) < 6, 1, 0), ["cat", "dog"], seconds=1.0
    )
    assert "the smallest class has 6" in rare.advice
    assert rare.per_class[1].gain is None


def test_steps_are_round_numbers():
    assert [nice_step(each) for each in (3, 25, 80, 1000, 130)] == [10, 10, 20, 500, 50]


def test_a_smaller_share_lies_in_a_larger_one():
    samples = [(f"{number:03}", number % 3) for number in range(90)]
    small, large = (subset(samples, share, seed=1) for share in (0.1, 0.5))
    assert (len(small), len(large)) == (9, 45)
    assert set(small) < set(large)
    assert {index for _, index in subset(samples[:4], 0.1, 0)} == {0, 1, 2}


@pytest.mark.django_db
def test_a_curve_is_measured_in_its_job(api, page_client, user, run_job):
    version = freeze(user=user, dataset=make_colors(user, per_class=40))
    asked = {
        "kind": "learning_curve",
        "dataset_version": str(version.pk),
        "preset": "logistic_regression",
    }
    answer = api.post(URL, asked)
    assert answer.status_code == 202, answer.json()
    experiment = Experiment.objects.get(pk=answer.json()["id"])
    assert experiment.settings["config"]["input"] == "pixels"
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    result = api.get(f"{URL}{experiment.pk}/").json()["result"]
    learned = [point["images"] for point in result["points"]]
    assert learned == sorted(learned)
    assert len(learned) >= 4
    assert ExperimentMember.objects.count() == 5 * len(learned)
    assert result["points"][-1]["accuracy"] > 0.9
    assert result["forecast"]["accuracy"] > 0.9
    page = page_client.get(f"/experiments/{experiment.pk}/").content.decode()
    assert result["advice"] in page.replace("&#x27;", "'")
    assert "test split has no part" in page


@pytest.mark.django_db
def test_what_cannot_be_drawn_is_refused_with_a_sentence(api, user):
    version = factories.make_version(user=user)
    asked = {"kind": "learning_curve", "dataset_version": str(version.pk)}
    refused = api.post(URL, {**asked, "preset": "cnn_tiny"}).json()
    assert (refused["status"], refused["errors"][0]["pointer"]) == (400, "/preset")
    assert "logistic_regression" in refused["detail"]
    small = factories.make_version(user=user, per_class=4)
    refused = api.post(
        URL, {**asked, "dataset_version": str(small.pk), "preset": "logistic_regression"}
    ).json()
    assert refused["code"] == "cannot_divide"
