"""Reweighting by subgroup as a setting: what it is refused for, and what it is shown to change."""

import numpy as np
import pytest

from classifier.engine.presets.registry import PRESETS
from classifier.models import TrainingRun
from datasets.models import Image
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.classifier.training.ended import ends

pytestmark = pytest.mark.django_db


@pytest.fixture
def biased(user):
    """Cats mostly from the old camera, dogs mostly from the new one; one site has cats alone."""
    dataset = factories.make_dataset(user=user)
    images = [
        *factories.make_images(dataset, "cat", 60),
        *factories.make_images(dataset, "dog", 60),
    ]
    for number, image in enumerate(images):
        is_cat, usual = number < 60, number % 5 > 0
        image.metadata = {
            "camera": "old" if is_cat == usual else "new",
            "site": "north" if is_cat and number % 2 else "south",
            "patient": f"P{number}",
        }
    Image.objects.bulk_update(images, ["metadata"])
    return freeze(user=user, dataset=dataset, train=0.4, validation=0.1, test=0.5)


REFUSED = {
    "kamera": "has no column 'kamera' to reweight by; it has “camera”",
    "site": "No train image of 'dog' has site 'north'",
    "patient": "has no subgroups to weigh. It has 120 different values",
    "image: format": "has no subgroups to weigh. All images have the same value.",
}


def _start(api, version, **body):
    fields = {"dataset_version": str(version.pk), "preset": "logistic_regression", **body}
    return api.post("/api/v1/training-runs/", fields)


def test_what_cannot_be_weighed_is_refused_by_name(api, page_client, biased):
    for column, sentence in REFUSED.items():
        refused = _start(api, biased, config={"reweight_by": column})
        assert refused.status_code == 400, refused.json()
        [fault] = refused.json()["errors"]
        assert fault["pointer"] == "/config/reweight_by"
        assert sentence in fault["detail"]
    refused = _start(api, biased, preset="k_nearest_neighbours", config={"reweight_by": "camera"})
    assert "cannot weigh images" in refused.json()["errors"][0]["detail"]
    body = {"dataset_version": str(biased.pk), "preset": "efficientnet_lite0"}
    given = {"config": {"reweight_by": "kamera"}}
    for kind in ({"kind": "search", "trials": 2}, {"kind": "cross_validation"}):
        refused = api.post("/api/v1/experiments/", {**body, **kind, **given})
        assert refused.json()["errors"][0]["pointer"] == "/config/reweight_by", refused.json()
    refused = api.post("/api/v1/learning-rate-searches/", {**body, **given})
    assert refused.json()["errors"][0]["pointer"] == "/config/reweight_by", refused.json()
    space = {"reweight_by": {"choices": ["", "camera"]}}
    refused = api.post(
        "/api/v1/experiments/", {**body, "kind": "search", "trials": 2, "space": space}
    )
    assert "not for a search to vary" in refused.json()["errors"][0]["detail"], refused.json()

    url = f"/training/new/?dataset_version={biased.pk}&preset=logistic_regression"
    page = page_client.get(url).content.decode()
    assert '<option value="camera">camera</option>' in page
    assert '<option value="image: source">image: source</option>' in page
    assert '<option value="patient">' not in page, "it divides nothing"
    values = PRESETS["logistic_regression"].defaults.to_dict()
    fields = {
        f"config-{name}": value
        for name, value in values.items()
        if name in PRESETS["logistic_regression"].main and value is not False
    }
    fields |= {"config-fit": "stretch", "config-iterations": 100, "config-principal_components": 0}
    refused = page_client.post(
        "/training/new/",
        {
            "dataset_version": biased.pk,
            "preset": "logistic_regression",
            **fields,
            "config-reweight_by": "site",
        },
    )
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "No train image of &#x27;dog&#x27; has site &#x27;north&#x27;" in page
    assert '<option value="site" selected>site</option>' in page


def test_a_weighed_run_stands_beside_its_twin_by_subgroup(api, page_client, biased):
    answer = _start(api, biased, config={"reweight_by": "camera"})
    assert answer.status_code == 202, answer.json()
    run = TrainingRun.objects.get(pk=answer.json()["id"])
    assert run.config["reweight_by"] == "camera"
    report = ends(run, 1.0)
    url = f"/api/v1/training-runs/{run.pk}/without-treatment/"
    assert api.get(url).json()["treatments"] == ["reweighting by camera"]
    twin = TrainingRun.objects.get(pk=api.post(url).json()["id"])
    assert {k for k in run.config if run.config[k] != twin.config[k]} == {"reweight_by"}
    ends(twin, 0.6)
    told = api.get(url).json()["subgroups"]
    assert told["column"] == "camera"
    assert {row["value"] for row in told["rows"]} == {"old", "new"}
    assert all(row["with_treatment"] == 1.0 for row in told["rows"])
    assert np.mean([row["without_treatment"] for row in told["rows"]]) < 0.9
    assert [gap["name"] for gap in told["gaps"]] == [
        "accuracy", "demographic_parity", "equal_opportunity", "equalised_odds",
    ]  # fmt: skip
    for place in (f"/training/{run.pk}/", f"/evaluations/{report.pk}/"):
        page = page_client.get(place).content.decode()
        assert "With and without reweighting by camera" in page
        assert "Gap between subgroups" in page
    page = page_client.get(f"/training/{run.pk}/").content.decode()
    assert "A script cannot divide images as Loupe does" in page
