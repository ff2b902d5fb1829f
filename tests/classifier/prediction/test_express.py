"""Plain predictions go straight to the queue; answers, headers and refusals are `Predict`'s."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.utils import timezone

from accounts.models import APIToken, Membership
from accounts.quotas import Quota
from accounts.selectors.usage import usage_of
from classifier.engine.runtime.instructions import has_int8
from classifier.models import ModelVersion, Prediction
from classifier.prediction.api import express
from classifier.registry.services.ensure_built_in import MODEL_ID
from classifier.registry.services.fast_mode import switch_fast_mode
from classifier.registry.services.remove_alias import remove_alias
from classifier.registry.services.set_alias import set_alias
from tests import factories
from tests.classifier.conftest import BLUE, GREEN, RED
from tests.classifier.fast_files import make_fast_mode
from tests.classifier.prediction.express_client import (
    FILE,
    Client,
    field,
)
from tests.conftest import wait_until


@pytest.fixture
def version(stack, user, make_model_version):
    return make_model_version(user)


@pytest.fixture
def client(stack, user, version):
    client = Client(stack, user, version)
    # The first call of a minute notes the token's use, which only the long way does.
    assert client.ask().status_code == 200
    return client


def test_fast_mode_answers_from_the_next_prediction_on(client, version, user):
    row = make_fast_mode(version)
    for enabled in (True, False):
        switch_fast_mode(user=user, version=version, enabled=enabled)
        short, is_express = client.by_express((FILE, RED))
        assert is_express
        long = client.ask((FILE, RED), Accept="application/json, text/html")
        precision = "int8" if enabled and has_int8() else "float32"
        for answer in (short.json(), long.json()):
            assert answer["timing"]["precision"] == precision
            assert Prediction.objects.get(pk=answer["predictions"][0]["id"]).precision == precision
            assert answer["predictions"][0]["classes"][0]["class_name"] == "red"
    assert row.path.is_file()


def test_both_ways_say_the_same(client, version, user):
    short, is_express = client.by_express((FILE, RED), (FILE, b"no image"), field("top_k", "2"))
    assert is_express
    long = client.ask((FILE, RED), (FILE, b"no image"), field("top_k", "2"),
                      Accept="application/json, text/html")  # fmt: skip
    both = [answer.json() for answer in (short, long)]
    assert sorted(short.headers) == sorted(long.headers)
    for name in set(short.headers) - {"date", "Content-Length", "x-request-id"}:
        assert short.headers[name] == long.headers[name], name
    ids = [answer["predictions"][0].pop("id") for answer in both]
    timings = [answer.pop("timing") for answer in both]
    assert both[0] == both[1]
    assert set(timings[0]) == set(timings[1])
    rows = [Prediction.objects.get(pk=number) for number in ids]
    for name in (
        "organization", "model_version", "name", "image_sha256", "answer", "precision", "created_by"
    ):  # fmt: skip
        assert getattr(rows[0], name) == getattr(rows[1], name), name
    assert rows[0].created_by == user
    # From the arrival of the request until the answer was kept; no longer than the client waited.
    for row, answer in zip(rows, (short, long), strict=True):
        assert row.latency_ms is not None
        assert 0 < row.latency_ms <= answer.elapsed.total_seconds() * 1000 + 1


@pytest.mark.parametrize("change", ["token", "expiry", "person", "member", "archived", "scope"])
def test_what_is_taken_away_is_gone_at_once(client, version, user, change):
    assert client.by_express()[1]
    expected = 401
    if change == "token":
        client.token.delete()
    elif change == "expiry":
        APIToken.objects.filter(pk=client.token.pk).update(expiry=timezone.now())
    elif change == "person":
        type(user).objects.filter(pk=user.pk).update(is_active=False)
    elif change == "member":
        Membership.objects.filter(user=user).delete()
        expected = 404
    elif change == "archived":
        type(version.model).objects.filter(pk=version.model_id).update(archived_at=timezone.now())
        expected = 409
    else:
        APIToken.objects.filter(pk=client.token.pk).update(scopes=["read"])
        expected = 403
    answer = client.ask()
    assert answer.status_code == expected, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_another_live_version_answers_from_the_next_call_on(client, version, user,
                                                            make_model_version):  # fmt: skip
    second = make_model_version(user, model=version.model)
    assert client.ask().json()["version"] == 1
    factories.make_live(second)
    answer, is_express = client.by_express()
    assert (answer.json()["version"], is_express) == (2, True)
    answer, is_express = client.by_express((FILE, RED), field("version", "1"))
    assert (answer.json()["version"], is_express) == (1, True)
    answer = client.ask((FILE, RED), field("version", "3"))
    assert (answer.status_code, answer.json()["code"]) == (409, "no_version")
    for number in (1, 2):
        set_alias(user=user, model=version.model, alias="nightly", number=number)
        answer, is_express = client.by_express((FILE, RED), field("alias", "nightly"))
        assert (answer.json()["version"], is_express) == (number, True)
    remove_alias(user=user, model=version.model, alias="nightly")
    answer = client.ask((FILE, RED), field("alias", "nightly"))
    assert (answer.status_code, answer.json()["code"]) == (409, "no_version")


def test_a_built_in_model_answers_on_the_account_of_the_persons_own_organization(stack, user):
    client = Client(stack, user, ModelVersion(model_id=MODEL_ID))
    # Its file is made on the first call.
    wait_until(lambda: client.ask().status_code == 200, 90)
    answer, is_express = client.by_express()
    assert is_express
    kept = Prediction.objects.get(pk=answer.json()["predictions"][0]["id"])
    assert kept.organization == user.personal_organization
    assert kept.model_version.model_id == MODEL_ID


def test_every_answer_of_many_at_a_time_is_kept(stack, client, version, user):
    clients = [Client(stack, user, version) for _ in range(12)]
    colors = [("red", RED), ("green", GREEN), ("blue", BLUE)] * 4

    def ask(pair):
        each, (name, file) = pair
        return name, [each.ask((FILE, file)) for _ in range(6)]

    with ThreadPoolExecutor(12) as pool:
        asked = list(pool.map(ask, zip(clients, colors, strict=True)))
    for name, answers in asked:
        for answer in answers:
            (entry,) = answer.json()["predictions"]
            assert entry["classes"][0]["class_name"] == name
            assert Prediction.objects.get(pk=entry["id"]).classes[0].class_name == name


def test_the_hours_quota_holds_exactly(client, user):
    organization = user.personal_organization
    organization.max_predictions_per_hour = 13
    organization.save()
    # One has been asked by the fixture.
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.ask(), range(30)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(200), statuses.count(429)) == (12, 18)
    assert "Retry-After" in answers[statuses.index(429)].headers


SCOPE_HEADERS = [
    (b"host", b"127.0.0.1:80"),
    (b"authorization", b"Bearer loupe_0a"),
    (b"content-type", b"multipart/form-data; boundary=ab"),
    (b"content-length", b"900"),
    (b"accept", b"*/*"),
]


@pytest.mark.parametrize(
    ("changed", "plain"),
    [
        ({}, True),
        ({"headers": SCOPE_HEADERS[:-1]}, True),
        ({"method": "PUT"}, False),
        ({"path": "/api/v1/models/1/predict/"}, False),
        ({"query_string": b"a=1"}, False),
        ({"loupe.person": None}, False),
        ({"headers": [*SCOPE_HEADERS, (b"accept", b"*/*")]}, False),
        ({"headers": [*SCOPE_HEADERS, (b"idempotency-key", b"1")]}, False),
        ({"headers": [*SCOPE_HEADERS[1:], (b"host", b"evil.example")]}, False),
        ({"headers": [*SCOPE_HEADERS[:-1], (b"accept", b"text/html")]}, False),
        ({"headers": [each for each in SCOPE_HEADERS if each[0] != b"content-length"]}, False),
        ({"headers": [*SCOPE_HEADERS[:1], (b"authorization", b"Basic YTpi"),
                      *SCOPE_HEADERS[2:]]}, False),
        ({"headers": [*SCOPE_HEADERS[:3], (b"content-length", b"9000000")]}, False),
    ],
)  # fmt: skip
def test_only_plain_calls_take_the_shortcut(changed, plain):
    scope = {
        "type": "http", "method": "POST", "query_string": b"", "scheme": "http",
        "path": "/api/v1/models/98cf5cd4-3335-4fec-afd6-95a083b227d9/predict/",
        "loupe.person": "person:98cf5cd4-3335-4fec-afd6-95a083b227d9",
        "headers": SCOPE_HEADERS, **changed,
    }  # fmt: skip
    assert (express.plain_call(scope) is not None) == plain


def test_without_a_worker_it_says_so_and_gives_everything_back(stack, client, user):
    used = usage_of(user.personal_organization)[Quota.PREDICTIONS].used
    worker = stack.processes["predict"]
    os.killpg(worker.pid, signal.SIGSTOP)
    started = time.monotonic()
    try:
        answer = client.ask()
    finally:
        os.killpg(worker.pid, signal.SIGCONT)
    assert (answer.status_code, answer.json()["code"]) == (503, "no_worker")
    assert int(answer.headers["Retry-After"]) > 0
    assert 9 < time.monotonic() - started < 15
    assert usage_of(user.personal_organization)[Quota.PREDICTIONS].used == used
    assert client.ask().status_code == 200
