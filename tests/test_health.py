"""`/healthz/ready` says what answers, and what works with less than it could."""

import pytest

from programs import isolation


@pytest.mark.django_db
def test_readiness_names_what_answers_and_whether_decoders_are_isolated(client):
    answer = client.get("/healthz/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"postgres": True, "redis": True},
        "details": {"decoders_isolated": isolation.is_available()},
    }
