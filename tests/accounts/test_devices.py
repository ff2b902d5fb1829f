"""The device flow: RFC 8628."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import APIToken, AuditEntry, DeviceRequest
from accounts.services.device_requests import ask_for_token
from tests.accounts.credentials import bearer

ASK, FETCH = "/api/v1/auth/device/", "/api/v1/auth/device/token/"


def fetch(device_code: str):
    return APIClient().post(FETCH, {"device_code": device_code})


def patiently(device_code: str):
    DeviceRequest.objects.update(last_polled_at=timezone.now() - timedelta(seconds=5))
    return fetch(device_code)


@pytest.fixture
def asked(db):
    body = {"name": "laptop", "scopes": ["read", "predict"], "expires_in_days": 7}
    return APIClient().post(ASK, body).json()


def test_a_program_gets_its_token_when_its_person_approves(page_client, user, asked):
    assert asked["verification_uri"].endswith("/device/")
    assert (asked["expires_in"], asked["interval"]) == (600, 5)
    assert fetch(asked["device_code"]).json()["code"] == "authorization_pending"
    assert fetch(asked["device_code"]).json()["code"] == "slow_down"
    typed = asked["user_code"].lower().replace("-", " ")
    page = page_client.post("/device/", {"code": typed}).content.decode()
    for shown in ("laptop", "Ask models for predictions", "7 days", "127.0.0.1"):
        assert shown in page
    assert patiently(asked["device_code"]).json()["code"] == "authorization_pending"
    decided = page_client.post(
        "/device/decide/", {"code": typed, "decision": "approve"}, follow=True
    )
    assert "“laptop” gets its token now" in decided.content.decode()
    answer = fetch(asked["device_code"])
    assert answer.status_code == 200
    assert answer.json()["scopes"] == ["read", "predict"]
    assert bearer(answer.json()["token"]).get("/api/v1/me/").json()["username"] == user.username
    assert fetch(asked["device_code"]).json()["code"] == "invalid_grant"
    assert APIToken.objects.count() == 1
    assert AuditEntry.objects.filter(action="device.approve", actor=user).count() == 1


def test_a_denied_request_gives_nothing(page_client, asked):
    form = {"code": asked["user_code"], "decision": "deny"}
    page_client.post("/device/decide/", form)
    assert fetch(asked["device_code"]).json()["code"] == "access_denied"
    again = page_client.post("/device/decide/", {**form, "decision": "approve"})
    assert again.status_code == 422
    assert fetch(asked["device_code"]).json()["code"] == "access_denied"


def test_a_request_is_over_after_ten_minutes(page_client, asked):
    DeviceRequest.objects.update(expires_at=timezone.now())
    assert fetch(asked["device_code"]).json()["code"] == "expired_token"
    assert page_client.post("/device/", {"code": asked["user_code"]}).status_code == 422
    DeviceRequest.objects.update(expires_at=timezone.now() - timedelta(minutes=11))
    ask_for_token(name="x", scopes=["read"], expires_in_days=1, address="192.0.2.1")
    assert DeviceRequest.objects.count() == 1


def test_an_inactive_person_approves_nothing(page_client, user, asked):
    page_client.post("/device/decide/", {"code": asked["user_code"], "decision": "approve"})
    user.is_active = False
    user.save()
    assert fetch(asked["device_code"]).json()["code"] == "access_denied"


def test_codes_are_kept_as_hashes_and_cannot_be_tried_out(page_client, asked):
    row = DeviceRequest.objects.filter(user_code=asked["user_code"]).values().get()
    assert asked["device_code"] not in str(row)
    for _ in range(10):
        assert page_client.post("/device/", {"code": "BCDF-GHJK"}).status_code == 422
    assert page_client.post("/device/", {"code": asked["user_code"]}).status_code == 429


def test_requests_are_limited_by_address(db):
    statuses = [APIClient().post(ASK, {"name": "x"}).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x", "scopes": ["root"]}])
def test_bad_requests_are_refused_at_once(db, body):
    assert APIClient().post(ASK, body).status_code == 400
