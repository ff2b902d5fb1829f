"""“Use this model”: a version frozen, a run of the same backbone started."""

import pytest

from classifier.instant.services.ask import fit_on_vectors
from classifier.instant.work import fit
from classifier.models import TrainingRun
from datasets.models import DatasetVersion
from tests import factories
from tests.classifier.instant.made import WIDTH, add_images, run_fit

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_instant_model_is_registered_by_a_run_on_a_frozen_version(user, api, monkeypatch):
    monkeypatch.setattr(fit, "LINGER_SECONDS", 0.0)
    dataset = factories.make_dataset(user=user)
    add_images(dataset, "cat", 20, labelled=True)
    add_images(dataset, "dog", 20, labelled=True)
    dataset.space = factories.make_space(width=WIDTH)
    dataset.save(update_fields=["space"])
    url = f"/api/v1/datasets/{dataset.pk}/instant-model/register/"
    refused = api.post(url)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_instant_model")
    assert not DatasetVersion.objects.exists()
    fit_on_vectors(user=None, dataset=dataset)
    run_fit(dataset)
    answer = api.post(url)
    assert answer.status_code == 202
    run = TrainingRun.objects.get(pk=answer.json()["id"])
    assert run.preset == "mobilenet_v2"
    assert run.dataset_version == DatasetVersion.objects.get(dataset=dataset)
    assert answer["Location"] == f"/api/v1/jobs/{run.job_id}/"
    assert api.post(url, {"preset": "x"}, format="json").status_code == 400
