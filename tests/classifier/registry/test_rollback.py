"""The way back to what was live before, by one call and by one button."""

from django.test import Client

from accounts.models import AuditEntry
from accounts.roles import Role
from classifier.models import AliasChange, EvaluationReport, ReportAnswers
from tests import factories


def live_of(api, model) -> int:
    return api.get(f"/api/v1/models/{model.pk}/").json()["aliases"]["champion"]


def test_each_rollback_goes_one_further_back(api, user, make_line):
    first, *_ = make_line(user, 3)
    url = f"/api/v1/models/{first.model_id}/"
    refused = api.post(f"{url}rollback/", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_before")
    for number in (2, 3):
        assert api.put(f"{url}aliases/champion/", {"version": number}).status_code == 200
    answer = api.post(f"{url}rollback/", {"reason": "blurs", "previous": 3})
    assert answer.json() == {"model": str(first.model_id), "alias": "champion", "version": 2}
    # Who has not seen that goes nowhere.
    refused = api.post(f"{url}rollback/", {"previous": 3})
    assert (refused.status_code, refused.json()["code"]) == (409, "moved_meanwhile")
    assert "Version 2 is live by now" in refused.json()["detail"]
    assert api.post(f"{url}rollback/", {}).json()["version"] == 1
    assert api.post(f"{url}rollback/", {}).json()["code"] == "nothing_before"
    assert api.post(f"{url}rollback/", {"version": 2}).json()["errors"][0]["code"] == (
        "unknown_field"
    )
    change = api.get(f"{url}history/").json()["results"][1]
    assert (change["kind"], change["previous"], change["version"]) == ("rolled_back", 3, 2)
    assert (change["reason"], change["created_by"]) == ("blurs", user.username)
    entry = AuditEntry.objects.filter(action="model_alias.roll_back").latest("created_at")
    assert (entry.detail["version"], entry.detail["previous"]) == (1, 2)
    api.patch(url, {"archived": True})
    assert api.post(f"{url}rollback/", {}).json()["code"] == "archived"


def test_a_rollback_passes_the_gate_but_for_the_comparison_with_the_live_version(
    api, user, make_line
):
    """The version before is much worse than the live one on the same images: still it may come."""
    worse, _ = make_line(user, 2, right=(45, 60))
    url = f"/api/v1/models/{worse.model_id}/"
    assert api.put(f"{url}aliases/champion/", {"version": 2}).status_code == 200
    gate = api.get(f"/api/v1/model-versions/{worse.pk}/").json()["gate"]
    assert (gate["passed"], gate["rules"][1]["passed"]) == (True, None), "it is not compared"
    assert api.post(f"{url}rollback/", {}).status_code == 200
    assert live_of(api, worse.model) == 1

    api.put(f"{url}aliases/champion/", {"version": 2})
    ReportAnswers.objects.filter(report__model_version=worse).delete()
    EvaluationReport.objects.filter(model_version=worse).delete()
    factories.make_report(worse, right=20)
    refused = api.post(f"{url}rollback/", {}).json()
    assert refused["code"] == "gate_refused"
    assert [each["code"] for each in refused["errors"]] == ["better_than_guessing"]
    assert live_of(api, worse.model) == 2


def test_the_button_rolls_back_what_the_page_shows(page_client, user, make_line):
    first, _ = make_line(user, 2)
    url = f"/models/{first.model_id}/"
    assert "Roll back" not in page_client.get(url).content.decode(), "nothing was live before"
    page_client.post(f"{url}promote/", {"version": 2, "reason": "Sees snakes"})
    assert "Roll back to version 1" in page_client.get(url).content.decode()
    answer = page_client.post(f"{url}rollback/", {"previous": "2"}, follow=True)
    assert "Version 1 is live again." in answer.content.decode()
    answer = page_client.post(f"{url}rollback/", {"previous": "2"}, follow=True)
    assert "look again, then decide" in answer.content.decode(), "pressed twice"
    assert AliasChange.objects.filter(model=first.model).count() == 3
    viewer = Client()
    viewer.force_login(factories.make_member(first.model.organization, Role.VIEWER))
    assert viewer.post(f"{url}rollback/", {"previous": "1"}).status_code == 403


def test_an_admin_overrides_the_gate_from_the_same_place(page_client, user, make_line):
    first, _ = make_line(user, 2)
    url = f"/models/{first.model_id}/"
    page_client.post(f"{url}promote/", {"version": 2})
    ReportAnswers.objects.filter(report__model_version=first).delete()
    EvaluationReport.objects.filter(model_version=first).delete()
    factories.make_report(first, right=20)
    page = page_client.get(url).content.decode()
    assert "Override the gate: roll back to version 1" in page
    editor = Client()
    editor.force_login(factories.make_member(first.model.organization, Role.EDITOR))
    page = editor.get(url).content.decode()
    assert "the gate would refuse version 1" in page
    assert "roll back to version 1" not in page
    forced = {"previous": "2", "override": "true"}
    answer = page_client.post(f"{url}rollback/", forced, follow=True)
    assert "needs a reason" in answer.content.decode()
    assert AliasChange.objects.filter(model=first.model).latest("number").version_number == 2
    answer = page_client.post(f"{url}rollback/", forced | {"reason": "Snakes"}, follow=True)
    assert "Version 1 is live again." in answer.content.decode()
    change = AliasChange.objects.filter(model=first.model).latest("number")
    assert (change.kind, change.reason) == ("rolled_back", "Snakes")
    assert change.overridden
