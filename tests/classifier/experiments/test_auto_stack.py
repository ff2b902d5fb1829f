"""Auto on the running platform: one button, and a registered version."""

import pytest

from classifier.models import Experiment, ModelVersion
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.classifier.conftest import make_colors
from tests.classifier.training.worker import finish, sign_in

pytestmark = pytest.mark.django_db


@pytest.mark.timeout(280)
def test_one_button_ends_in_a_registered_version(stack, settings):
    settings.LOUPE_PUBLIC_URL = stack.url
    user = factories.make_user()
    version = freeze(user=user, dataset=make_colors(user, per_class=30))
    session = sign_in(stack, user)
    form = {
        "dataset_version": str(version.pk),
        "name": "",
        "budget_minutes": "1",
        "csrfmiddlewaretoken": session.cookies["csrftoken"],
    }
    answer = session.post(f"{stack.url}/experiments/new/auto/", data=form, timeout=30)
    assert answer.status_code == 200, answer.text
    experiment = Experiment.objects.get()
    assert str(experiment.pk) in answer.url
    finish(stack, experiment)
    experiment.refresh_from_db()
    made = ModelVersion.objects.get(training_run__isnull=False)
    assert experiment.model_version == made
    rows = experiment.result["candidates"]
    assert {row["stage"] for row in rows} >= {"instant", "transfer", "scratch"}
    assert experiment.result["test"]["accuracy"] > 0.8
    page = session.get(answer.url, timeout=30).text
    assert experiment.result["verdict"].split(" ")[0] in page
