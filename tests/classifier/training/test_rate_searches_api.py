"""learning-rate-searches/: what is accepted, what is refused, who sees what."""

import pytest
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from accounts.roles import Role
from classifier.engine.fit.rate_curve import curve_of, growing
from classifier.engine.presets.registry import PRESETS
from classifier.models import RateSearch
from classifier.training.services.search_rate import store_search
from jobs.errors import JobFailed
from jobs.models import Job, Status
from jobs.services.claim import claim
from jobs.services.end_attempt import fail
from tests import factories

URL = "/api/v1/learning-rate-searches/"


def start(api, version, preset="cnn_tiny", **body):
    return api.post(URL, {"dataset_version": str(version.pk), "preset": preset, **body})


def test_a_search_is_a_job_of_its_own_kind_with_every_setting(api, user):
    version = factories.make_version(user=user)
    answer = start(api, version, config={"batch_size": 8})
    assert answer.status_code == 202, answer.json()
    body = answer.json()
    assert answer["Location"] == f"/api/v1/jobs/{body['job']['id']}/"
    assert (body["job"]["kind"], body["status"]) == ("search_rate", "pending")
    assert body["config"] == {**PRESETS["cnn_tiny"].defaults.to_dict(), "batch_size": 8}
    assert (body["setting"], body["suggestion"], body["verdict"]) == ("learning_rate", None, None)
    assert body["points"] == []
    search = RateSearch.objects.get(pk=body["id"])
    entry = AuditEntry.objects.get(action="rate_search.start")
    assert (entry.actor, entry.detail["preset"]) == (user, "cnn_tiny")
    assert "points" not in api.get(URL).json()["results"][0]
    assert search.job.queue == "train"
    # A last layer is fitted on vectors: it waits behind no network.
    assert start(api, version, "efficientnet_lite0").json()["job"]["kind"] == "search_head_rate"


def test_what_was_measured_is_shown(api, user):
    body = start(api, factories.make_version(user=user)).json()
    search = RateSearch.objects.get(pk=body["id"])
    losses = [2.3] * 30 + [2.3 - 0.05 * step for step in range(30)] + [0.8] * 10 + [30.0]
    store_search(search=search, curve=curve_of(growing(1e-6, 1.0, 100), losses))
    shown = api.get(f"{URL}{search.pk}/").json()
    assert len(shown["points"]) == 71
    first = {"learning_rate": 1e-6, "loss": 2.3, "smoothed": 2.3}
    assert shown["points"][0] == pytest.approx(first)
    assert shown["suggestion"]["method"] == "steepest"
    assert shown["other_suggestion"]["method"] == "tenth_of_minimum"
    assert f"{shown['suggestion']['learning_rate']:g}" in shown["verdict"]
    assert shown["diverged_at"] == shown["points"][-1]["learning_rate"]


@pytest.mark.parametrize(
    ("preset", "body", "pointer", "sentence"),
    [
        ("random_forest", {}, "/preset", "random_forest takes no steps whose learning rate"),
        ("gradient_boosting", {}, "/preset", "Its learning_rate is how much each tree counts."),
        ("cnn_tiny", {"setting": "all_learning_rate"}, "/setting", "setting must be one of"),
        (
            "efficientnet_lite0",
            {"setting": "fine_tune_learning_rate"},
            "/config/fine_tune_epochs",
            "fine_tune_learning_rate has an effect with fine_tune_epochs of 1 or more",
        ),
        ("cnn_tiny", {"config": {"epochs": 0}}, "/config/epochs", "epochs must be"),
    ],
)
def test_what_has_no_rate_to_find_is_refused_by_name(api, user, preset, body, pointer, sentence):
    answer = start(api, factories.make_version(user=user), preset, **body)
    assert answer.status_code == 400
    [fault] = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert sentence in fault["detail"]
    assert not Job.objects.filter(kind__startswith="search").exists()


def signed_in(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_a_person_has_two_at_a_time_and_others_theirs(api, user):
    version = factories.make_version(user=user)
    first = start(api, version).json()
    start(api, version)
    third = start(api, version)
    assert (third.status_code, third.json()["code"]) == (409, "too_many_open")
    member = factories.make_member(user.personal_organization, Role.EDITOR)
    assert start(signed_in(member), version).status_code == 202
    api.post(f"/api/v1/jobs/{first['job']['id']}/cancel/")
    assert Job.objects.get(pk=first["job"]["id"]).status == Status.CANCELLED
    assert start(api, version).status_code == 202
    Job.objects.filter(created_by=user, status=Status.PENDING).update(status=Status.QUEUED)
    claimed = claim(queue="train", worker="tests")
    assert claimed is not None
    failure = JobFailed("out_of_memory", "Too large.", retry=False)
    fail(job_id=claimed.pk, fence=claimed.fence, failure=failure)
    assert start(api, version).status_code == 202
    again = api.post(f"/api/v1/jobs/{claimed.pk}/retry/")
    assert (again.status_code, again.json()["code"]) == (409, "too_many_open")


def test_another_tenant_sees_nothing_of_it(api, user):
    search = start(api, factories.make_version(user=user)).json()
    stranger = signed_in(factories.make_user())
    assert stranger.get(f"{URL}{search['id']}/").status_code == 404
    assert stranger.get(URL).json()["results"] == []
