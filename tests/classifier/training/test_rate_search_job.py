"""A search for a learning rate by a real worker: killed and begun again, cancelled, on vectors."""

import pytest

from classifier.models import ModelVersion, RateSearch
from datasets.services.versions.freeze import freeze
from jobs.models import Status
from tests import factories
from tests.classifier.conftest import make_colors
from tests.classifier.training.worker import SECONDS, finish, kill_trainer, sign_in
from tests.conftest import wait_until


@pytest.fixture
def session(stack, settings):
    user = factories.make_user()
    session = sign_in(stack, user)
    session.user = user
    return session


def start(stack, session, version, preset="cnn_tiny", **config) -> RateSearch:
    body = {"dataset_version": str(version.pk), "preset": preset, "config": config}
    url = f"{stack.url}/api/v1/learning-rate-searches/"
    answer = session.post(url, json=body, timeout=30)
    assert answer.status_code == 202, answer.text
    return RateSearch.objects.select_related("job").get(pk=answer.json()["id"])


def running(search: RateSearch) -> bool:
    search.job.refresh_from_db()
    return search.job.status == Status.RUNNING and search.job.progress.get("unit") == "steps"


@pytest.mark.slow
def test_searches_are_killed_cancelled_and_found(stack, session):
    version = freeze(user=session.user, dataset=make_colors(session.user))
    killed = start(stack, session, version, batch_size=32, image_size=64)
    wait_until(lambda: running(killed), SECONDS, lambda: stack.log("train"))
    kill_trainer(killed.job)
    # While that one waits for its next attempt.
    cancelled = start(stack, session, version, batch_size=64, image_size=64)
    wait_until(lambda: running(cancelled), SECONDS, lambda: stack.log("train"))
    url = f"{stack.url}/api/v1/jobs/{cancelled.job_id}/cancel/"
    assert session.post(url, timeout=30).status_code == 200
    finish(stack, cancelled, Status.CANCELLED)
    finish(stack, killed)
    assert killed.job.attempts == 2

    head = start(stack, session, version, "efficientnet_lite0", batch_size=8)
    assert head.job.queue == "io"
    finish(stack, head)
    for search in (killed, head):
        shown = session.get(
            f"{stack.url}/api/v1/learning-rate-searches/{search.pk}/", timeout=30
        ).json()
        assert shown["status"] == "succeeded"
        assert shown["suggestion"], shown["verdict"]
        rates = [point["learning_rate"] for point in shown["points"]]
        assert rates == sorted(rates)
        assert rates[0] < shown["suggestion"]["learning_rate"] < rates[-1]
    cancelled.refresh_from_db()
    assert cancelled.measured is None
    # Nothing but the curve is left.
    assert not ModelVersion.objects.filter(model__organization=version.dataset.organization)
