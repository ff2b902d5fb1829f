"""Bodies that start searches."""

from classifier.models import Experiment

URL = "/api/v1/experiments/"
SPACE = {
    "inverse_penalty": {"low": 1e-4, "high": 10},
    "balanced": {"choices": [True, False]},
    "principal_components": {"low": 2, "high": 20},
}
FAST = {"epochs": 2, "batch_size": 16, "image_size": 32, "augmentation": "none"}


def body(version, **changes):
    return {
        "kind": "search",
        "dataset_version": str(version.pk),
        "preset": "logistic_regression",
        "config": {"input": "pixels", "side": 8},
        "space": SPACE,
        "trials": 6,
        **changes,
    }


def networks(version, **changes):
    space = {"learning_rate": {"low": 1e-3, "high": 1e-2}, "dropout": {"low": 0, "high": 0.5}}
    values = {"preset": "cnn_tiny", "config": FAST, "space": space, "trials": 3}
    return body(version, **{**values, **changes})


def started(api, asked) -> Experiment:
    answer = api.post(URL, asked)
    assert answer.status_code == 202, answer.json()
    return Experiment.objects.get(pk=answer.json()["id"])
