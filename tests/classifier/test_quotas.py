"""Predictions an hour and jobs of an organization, where models are asked and trained."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import QuotaExceeded
from accounts.quotas import Quota
from accounts.selectors.usage import usage_of
from classifier.models import TrainingRun
from classifier.registry.selectors.models import version_to_serve
from classifier.training.services.start_training import start_training
from tests import factories
from tests.datasets.conftest import png


@pytest.fixture
def version(user):
    return factories.make_model_version(factories.make_run(user))


def test_past_the_hours_predictions_the_answer_is_429_with_the_wait(api, user, version):
    organization = user.personal_organization
    organization.max_predictions_per_hour = 1
    organization.save()
    images = [SimpleUploadedFile(f"{n}.png", png(n)) for n in range(2)]
    url = f"/api/v1/models/{version.model_id}/predict/"
    answer = api.post(url, {"images": images}, format="multipart")
    assert answer.status_code == 429
    assert 3590 <= int(answer["Retry-After"]) <= 3600
    assert (
        "may have 1 predictions an hour; it has had 0, and this asks for 2 more"
        in (answer.json()["detail"])
    )
    assert usage_of(organization)[Quota.PREDICTIONS] == (0, 1), "what was refused is not counted"


def test_what_an_organization_may_ask_costs_no_query(user, version):
    served = version_to_serve(user, version.model_id)
    with CaptureQueriesContext(connection) as queries:
        assert served.model.organization.max_predictions_per_hour is None
        assert served.model.organization.name
    assert not queries.captured_queries


def test_a_run_too_many_is_refused_and_none_is_made(user):
    run = factories.make_run(user)
    organization = user.personal_organization
    organization.max_jobs = usage_of(organization)[Quota.JOBS].used
    organization.save()
    run.dataset_version.dataset.organization.refresh_from_db()
    with pytest.raises(QuotaExceeded) as caught:
        start_training(user=user, dataset_version=run.dataset_version, preset="cnn_tiny")
    assert "jobs that run or wait" in caught.value.detail or "job that" in caught.value.detail
    assert TrainingRun.objects.count() == 1
