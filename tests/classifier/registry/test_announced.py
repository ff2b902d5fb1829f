"""What is told outside of Loupe about models: aliases that move, and refusals of the gate."""

import json

from classifier.models import EvaluationReport, ReportAnswers
from tests import factories
from tests.webhooks.made import make_endpoint
from webhooks.models import WebhookDelivery


def told() -> list[dict]:
    rows = WebhookDelivery.objects.order_by("created_at")
    bodies = [json.loads(body) for body in rows.values_list("body", flat=True)]
    WebhookDelivery.objects.all().delete()
    return bodies


def test_every_change_of_an_alias_and_every_refusal_is_told_once(api, user, make_line):
    first, _ = make_line(user, 2)
    make_endpoint(user.personal_organization, events=["alias.changed", "gate.refused"])
    url = f"/api/v1/models/{first.model_id}/"
    for _ in range(2):
        api.put(f"{url}aliases/champion/", {"version": 2, "reason": "sharper"})
    [moved] = told()
    assert moved["type"] == "alias.changed"
    assert moved["data"]["text"] == (
        f"The alias “champion” of {first.model.name} points at version 2; before, it was version 1."
    )
    assert moved["data"]["subject"]["url"].endswith(f"/models/{first.model_id}/")
    facts = {"change": "set", "alias": "champion", "version": 2, "previous_version": 1}
    facts |= {"reason": "sharper", "overridden": False, "by": user.username}
    assert facts.items() <= moved["data"].items()

    ReportAnswers.objects.filter(report__model_version=first).delete()
    EvaluationReport.objects.filter(model_version=first).delete()
    factories.make_report(first, right=20)
    calls = {"put": f"{url}aliases/champion/", "post": f"{url}rollback/"}
    for method, address in calls.items():
        body = {"version": 1} if method == "put" else {}
        assert getattr(api, method)(address, body).json()["code"] == "gate_refused"
        [refused] = told()
        assert refused["type"] == "gate.refused"
        assert refused["data"]["version"] == 1
        assert "better_than_guessing" in [each["rule"] for each in refused["data"]["rules"]]
        assert refused["data"]["text"].startswith("Version 1 of ")

    api.put(f"{url}aliases/challenger/", {"version": 2})
    api.delete(f"{url}aliases/challenger/")
    api.patch(url, {"archived": True})
    assert [body["data"]["change"] for body in told()] == ["set", "removed", "archived"]
