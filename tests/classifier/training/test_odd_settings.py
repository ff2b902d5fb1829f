"""The newer settings at and beyond their limits, through the API: each is refused by its name."""

import json

import pytest

from classifier.engine.presets.registry import PRESETS
from classifier.models import TrainingRun
from jobs.models import Job
from tests import factories

pytestmark = pytest.mark.django_db
RUNS, SEARCHES = "/api/v1/training-runs/", "/api/v1/learning-rate-searches/"
AUTO = "batch_size must be a whole number from 1 to 1024, or auto; received "
ODD = [
    ("self_training", 1.0, "self_training must be a number from 0 to 0.9999; received 1.0."),
    ("self_training", -0.1, "self_training must be a number from 0 to 0.9999; received -0.1."),
    ("self_training", "0.9", "self_training must be a number from 0 to 0.9999; received '0.9'."),
    ("self_training", True, "self_training must be a number from 0 to 0.9999; received True."),
    ("self_training", None, "self_training must be a number from 0 to 0.9999; received None."),
    ("batch_size", "AUTO", AUTO + "'AUTO'."),
    ("batch_size", "32", AUTO + "'32'."),
    ("batch_size", 0, AUTO + "0."),
    ("batch_size", 1.5, AUTO + "1.5."),
    ("batch_size", ["auto"], AUTO + "['auto']."),
    ("epochs", 10**18, "epochs must be a whole number from 1 to 1000; received 10000000000"),
    ("image_size", 7, "image_size must be a whole number from 8 to 64; received 7."),
    ("image_size", 65, "image_size must be a whole number from 8 to 64; received 65."),
    ("fit", "CROP", "fit must be one of stretch, crop, pad; received 'CROP'."),
    ("fit", ["crop"], "fit must be one of stretch, crop, pad; received ['crop']."),
    ("balance", "focal", "balance must be one of none, class_weights, balanced_sampling; received"),
    ("focal_gamma", 5.1, "focal_gamma must be a number from 0 to 5; received 5.1."),
    ("dropout", {"a": "b" * 900}, "dropout must be a number from 0 to 0.9; received {'a': 'b"),
]


def body(version, **more) -> str:
    return json.dumps({"dataset_version": str(version.pk), "preset": "cnn_tiny", **more})


@pytest.mark.parametrize("url", [RUNS, SEARCHES])
def test_each_odd_value_is_refused_with_what_is_allowed(api, user, url):
    version = factories.make_version(user=user)
    for name, value, sentence in ODD:
        sent = body(version, config={name: value})
        answer = api.post(url, sent, content_type="application/json")
        assert answer.status_code == 400, (name, value)
        assert answer.json().get("errors"), (name, value, answer.json())
        [fault] = answer.json()["errors"]
        assert fault["pointer"] == f"/config/{name}"
        assert fault["detail"].startswith(sentence), fault["detail"]
        assert len(fault["detail"]) < 200
    assert not TrainingRun.objects.exists()
    assert not Job.objects.filter(kind__in=("train", "search_rate")).exists()


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999", "1" + 400 * "0"])
def test_what_is_no_number_is_refused(api, user, literal):
    version = factories.make_version(user=user)
    sent = body(version, config={"self_training": 0.5}).replace("0.5", literal)
    assert api.post(RUNS, sent, content_type="application/json").status_code == 400


def test_each_preset_names_the_sizes_it_takes(api, user):
    version = factories.make_version(user=user)
    for name, preset in PRESETS.items():
        limits = preset.settings.get("image_size")
        if limits is None:
            continue
        for size in (int(limits.minimum) - 1, int(limits.maximum) + 1):
            sent = body(version, preset=name, config={"image_size": size})
            [fault] = api.post(RUNS, sent, content_type="application/json").json()["errors"]
            assert f"from {limits.minimum:g} to {limits.maximum:g}; " in fault["detail"]
