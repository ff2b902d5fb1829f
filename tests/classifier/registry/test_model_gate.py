"""The rules of a model's own gate: over the API and its page, refused, overridden, looked at."""

import hashlib
import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Membership
from accounts.roles import Role
from classifier.models import AliasChange, EvaluationReport, ModelAlias, ModelGate, ModelVersion
from classifier.registry.selectors.gate import gate_of
from classifier.registry.services.go_live import on_report_filled
from classifier.registry.services.manage_model import delete_model, edit_model
from tests import factories

CAMERA = {"camera": ["a", "b"] * 30}
ACCURACY = {"rule": "minimum", "metric": "accuracy", "value": 0.9}


def champion(model) -> int | None:
    numbers = ModelAlias.objects.filter(model=model, alias="champion")
    return numbers.values_list("version__number", flat=True).first()


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def as_member(model, role: Role) -> APIClient:
    client = APIClient()
    client.force_authenticate(factories.make_member(model.organization, role))
    return client


@pytest.fixture
def live(make_trained):
    """A live version, right on 57 of 60 test images."""
    return make_trained(right=57, columns=CAMERA)


@pytest.fixture
def urls(live):
    base = f"/api/v1/models/{live.model_id}/"
    return {"model": base, "gate": f"{base}gate/", "champion": f"{base}aliases/champion/"}


def faults_of(answer) -> list[tuple[str, str]]:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (400, "invalid"), body
    return [(each["pointer"], each["code"]) for each in body["errors"]]


def test_each_rule_refuses_by_name_with_what_was_measured_and_what_it_misses(
    api, live, urls, make_trained
):
    before = {"number": 0, "rules": [], "dataset_version": None}
    assert before.items() <= api.get(urls["gate"]).json().items()
    rules = [
        ACCURACY,
        {"rule": "minimum", "metric": "recall", "class_name": "dog", "value": 0.95},
        {"rule": "not_worse_than_champion", "alpha": 0.2},
        {"rule": "slice", "column": "camera", "margin": 0.01},
        {"rule": "slice", "column": "camera", "margin": 0.02, "against": "champion"},
        {"rule": "parity", "tolerance": 0.001},
    ]
    said = api.put(urls["gate"], {"rules": rules}).json()
    assert (said["number"], said["dataset_version"]) == (1, None)
    assert [rule["rule"] for rule in said["rules"]] == [rule["rule"] for rule in rules]
    assert (said["live"]["version"], said["live"]["gate"]["passed"]) == (1, False)
    later = make_trained(right=53, model=live.model, columns=CAMERA)
    refused = api.put(urls["champion"], {"version": later.number})
    assert (refused.status_code, refused.json()["code"]) == (409, "gate_refused")
    found = {}
    for each in refused.json()["errors"]:
        found.setdefault(each["code"], []).append(each["detail"])
    assert [len(details) for details in found.values()] == [2, 1, 2, 1], "an entry for each rule"
    assert "Accuracy is 88.3 %" in found["minimum"][0]
    assert "the gate asks for at least 90.0 %, 1.7 points more." in found["minimum"][0]
    assert f"on the test split of {later.dataset_version}" in found["minimum"][0]
    assert "Recall of “dog” is 86.7 %" in found["minimum"][1]
    assert "to be at least 0.2" in found["not_worse_than_champion"][0]
    assert "below all images" in found["slice"][0]
    assert "below version 1; the gate allows 2.0 points" in found["slice"][1]
    assert "was not compared" in found["parity"][0]
    gate = api.get(f"/api/v1/model-versions/{later.pk}/").json()["gate"]
    accuracy = gate["rules"][2]
    assert accuracy["short_by"] == pytest.approx(0.9 - 53 / 60)
    assert (accuracy["threshold"], accuracy["report"]) == (0.9, str(later.report.pk))
    assert champion(live.model) == 1


@pytest.mark.parametrize(
    ("rule", "fault", "words"),
    [
        ({"rule": "minimum", "metric": "acuracy", "value": 0.9}, "metric", "accuracy, balanced"),
        ({"rule": "minimum", "metric": "recall", "value": 0.9}, "metric", "say which"),
        (ACCURACY | {"class_name": "cat"}, "metric", "leave class_name out"),
        (ACCURACY | {"value": "nan"}, "value", "valid number"),
        (ACCURACY | {"value": 1.5}, "value", "from 0 to 1; received 1.5. Did you mean 0.015?"),
        (ACCURACY | {"value": -0.1}, "value", "from 0 to 1"),
        (ACCURACY | {"value": True}, "value", "valid number"),
        (ACCURACY | {"valeu": 1}, "valeu", "There is no field"),
        (
            {"rule": "minimum", "metric": "recall", "class_name": "yak", "value": 0.5},
            "class_name",
            "there are “cat” and “dog”",
        ),
        ({"rule": "slice", "column": "light", "margin": 0.1}, "column", "there are “camera”"),
        ({"rule": "slice", "column": "camera", "margin": 2}, "margin", "Did you mean 0.02?"),
        ({"rule": "slice", "column": "camera", "margin": 0.1, "against": "me"}, "against", "me"),
        ({"rule": "not_worse_than_champion", "alpha": 1}, "alpha", "above 0 and below 1"),
        ({"rule": "parity", "tolerance": 0}, "tolerance", "above 0"),
        ({"rule": "mimimum"}, "", "rule must be one of minimum, not_worse"),
        ("minimum", "", "must be an object"),
    ],
)
def test_what_no_version_could_be_judged_by_is_refused_by_its_place(api, urls, rule, fault, words):
    answer = api.put(urls["gate"], {"rules": [rule]})
    pointer = f"/rules/0/{fault}".rstrip("/")
    assert [pointer for pointer, _ in faults_of(answer)] == [pointer]
    assert words in answer.json()["detail"]
    assert not ModelGate.objects.exists()


def test_a_rule_twice_too_many_rules_and_test_sets_that_cannot_judge(api, user, live, urls):
    twice = [ACCURACY, {"rule": "parity", "tolerance": 0.1}, ACCURACY | {"value": 0.8}]
    assert faults_of(api.put(urls["gate"], {"rules": twice})) == [("/rules/2", "repeated")]
    empty = {"rules": [], "dataset_version": str(live.dataset_version_id)}
    assert faults_of(api.put(urls["gate"], empty)) == [("/dataset_version", "no_rules")]
    many = [{"rule": "minimum", "metric": "kappa", "value": n / 100} for n in range(21)]
    assert ("/rules", "max_length") in faults_of(api.put(urls["gate"], {"rules": many}))

    def fault_of(version):
        body = {"rules": [ACCURACY], "dataset_version": str(getattr(version, "pk", version))}
        return faults_of(api.put(urls["gate"], body))

    place = "/dataset_version"
    assert fault_of(factories.make_version()) == [(place, "does_not_exist")], "another tenant's"
    other = factories.make_user().personal_organization
    Membership.objects.create(organization=other, user=user, role=Role.EDITOR)
    dataset = factories.make_dataset(other, user)
    for name in ("cat", "dog"):
        factories.make_images(dataset, name, 10)
    elsewhere = factories.make_version(dataset, user)
    assert fault_of(elsewhere) == [(place, "other_organization")]
    eels = factories.make_version(user=user, classes=("cat", "eel"))
    assert fault_of(eels) == [(place, "other_classes")]
    assert fault_of("1; DROP TABLE") == [(place, "invalid")]
    assert not ModelGate.objects.exists()


def test_only_admins_set_the_gate_and_override_it(api, page_client, live, urls, make_trained):
    editor, viewer = (as_member(live.model, role) for role in (Role.EDITOR, Role.VIEWER))
    body = {"rules": [ACCURACY]}
    assert [each.put(urls["gate"], body).status_code for each in (editor, viewer)] == [403, 403]
    assert api.put(urls["gate"], body).status_code == 200
    assert viewer.get(urls["gate"]).json()["rules"] == [ACCURACY | {"class_name": ""}]
    worse = make_trained(right=50, model=live.model)
    wish = {"version": worse.number, "override": True, "reason": "The camera was replaced."}
    assert editor.put(urls["champion"], wish).status_code == 403
    assert api.put(urls["champion"], wish | {"reason": " "}).json()["errors"][0]["code"] == (
        "required"
    )
    other = api.put(f"{urls['model']}aliases/canary/", wish)
    assert faults_of(other) == [("/override", "does_not_apply")]
    assert champion(live.model) == 1
    # To override what the gate lets pass is no override.
    assert api.put(urls["champion"], wish | {"version": 1}).status_code == 200
    assert api.put(urls["champion"], wish).status_code == 200
    assert champion(live.model) == worse.number
    kept = api.get(f"{urls['model']}history/").json()["results"][0]
    assert [each["rule"] for each in kept["overridden"]] == ["not_worse_than_live", "minimum"]
    assert kept["reason"] == "The camera was replaced."
    entry = AuditEntry.objects.get(action="model_alias.override")
    assert entry.detail["overridden"] == kept["overridden"]
    assert AuditEntry.objects.get(action="model_gate.set").detail["rules"][0]["value"] == 0.9
    page = text_of(page_client.get(f"/models/{live.model_id}/"))
    assert "gate overridden" in page
    assert f"Version {worse.number} is live and would not pass the gate today" in page
    assert api.put(urls["champion"], {"version": 1, "reason": "Back"}).status_code == 200
    # What was forced through once is compared again, for everyone.
    again = editor.put(urls["champion"], {"version": worse.number})
    assert [each["code"] for each in again.json()["errors"]] == ["not_worse_than_live", "minimum"]
    said = api.get(f"/api/v1/model-versions/{live.pk}/").json()["gate"]
    assert (said["passed"], said["rules"][1]["passed"]) == (True, None), "as a rollback asks"
    strict = [ACCURACY | {"value": 0.99}]
    assert api.put(urls["gate"], {"rules": strict}).status_code == 200
    rollback = f"{urls['model']}rollback/"
    back = api.post(rollback, {"previous": 1}).json()
    assert [each["code"] for each in back["errors"]] == ["minimum"]
    assert api.post(rollback, {"override": True}).status_code == 400, "without a reason"
    assert editor.post(rollback, {"override": True, "reason": "Now"}).status_code == 403
    assert api.post(rollback, {"override": True, "reason": "Now"}).status_code == 200
    kept = api.get(f"{urls['model']}history/").json()["results"][0]
    assert [each["rule"] for each in kept["overridden"]] == ["minimum"]
    assert kept["kind"] == "rolled_back"


def test_a_stricter_gate_says_that_the_live_version_would_not_pass_today(
    api, page_client, live, urls
):
    assert api.get(urls["model"]).json()["live_refusal"] is None
    assert api.put(urls["gate"], {"rules": [ACCURACY | {"value": 0.99}]}).status_code == 200
    assert champion(live.model) == 1, "it stays live"
    refusal = api.get(urls["model"]).json()["live_refusal"]
    assert "at least 99.0 %, 4.0 points more" in refusal
    listed = api.get("/api/v1/models/").json()["results"]
    assert [each["live_refusal"] for each in listed if each["id"] == str(live.model_id)] == [
        refusal
    ]
    assert "would not pass today" in text_of(page_client.get("/models/"))
    words = "would not pass the gate today"
    for path in (f"/models/{live.model_id}/", f"/model-versions/{live.pk}/",
                 f"/models/{live.model_id}/gate/"):  # fmt: skip
        page = text_of(page_client.get(path))
        assert words in page, path
        assert "at least 99.0 %, 4.0 points more" in page, path
    # Setting it to where it points changes nothing, and needs no gate.
    assert api.put(urls["champion"], {"version": 1}).status_code == 200
    assert AliasChange.objects.filter(model=live.model).count() == 1


def test_one_frozen_test_set_judges_all_versions(api, page_client, user, live, urls, make_trained):
    shared = factories.make_version(user=user)
    body = {"rules": [ACCURACY], "dataset_version": str(shared.pk)}
    gate = api.put(urls["gate"], body).json()["live"]["gate"]
    # Loupe measures the live version there by itself; until then the page says so.
    assert "is being measured on the test split" in gate["rules"][2]["detail"]
    assert gate["to_measure"] == []
    [pending] = EvaluationReport.objects.filter(metrics__isnull=True)
    assert (pending.model_version, pending.dataset_version) == (live, shared)
    EvaluationReport.objects.filter(pk=pending.pk).delete()

    gate = api.get(urls["gate"]).json()["live"]["gate"]
    assert "has not been measured on the test split" in gate["rules"][2]["detail"]
    assert gate["to_measure"] == [
        {"model_version": str(live.pk), "dataset_version": str(shared.pk)}
    ]
    page = text_of(page_client.get(f"/models/{live.model_id}/gate/"))
    assert f'name="dataset_version" value="{shared.pk}"' in page
    started = page_client.post(
        f"/model-versions/{live.pk}/", {"dataset_version": shared.pk, "split": "test"}
    )
    assert re.match("/evaluations/", started["Location"])
    EvaluationReport.objects.filter(metrics__isnull=True).delete()

    def said():
        return api.get(urls["gate"]).json()["live"]["gate"]["rules"][2]

    factories.make_report(live, right=60, dataset_version=shared, seen=12)
    assert "learned from 12 of the 60 images" in said()["detail"]
    factories.make_report(live, right=60, dataset_version=shared, seen=None)
    assert "does not say whether it learned from these images" in said()["detail"]
    judged = factories.make_report(live, right=58, dataset_version=shared)
    assert (said()["passed"], said()["report"]) == (True, str(judged.pk))
    # A later version is measured there when its own report is in; a test set forgives no class.
    later = make_trained(right=60, model=live.model)
    wanted = EvaluationReport.objects.filter(model_version=later, metrics__isnull=True)
    assert [each.dataset_version for each in wanted] == [shared]


def test_the_first_version_goes_live_when_the_gate_s_own_test_set_lets_it(api, user, make_trained):
    first = make_trained(right=33)
    shared = factories.make_version(user=user)
    gate = f"/api/v1/models/{first.model_id}/gate/"
    body = {"rules": [ACCURACY], "dataset_version": str(shared.pk)}
    assert api.put(gate, body).status_code == 200
    second = make_trained(right=60, model=first.model)
    assert champion(first.model) is None, "measured on its own images alone"
    [pending] = EvaluationReport.objects.filter(metrics__isnull=True)
    assert (pending.model_version, pending.dataset_version) == (second, shared)
    low = factories.make_report(second, right=40, dataset_version=shared)
    on_report_filled(low)
    assert champion(first.model) is None, "nothing overrides by itself"
    on_report_filled(factories.make_report(second, right=59, dataset_version=shared))
    assert champion(first.model) == 2


def test_an_ensemble_with_a_member_from_elsewhere_is_judged_by_what_is_known(user, live):
    shared = factories.make_version(user=user)
    ensemble = ModelVersion.objects.create(
        model=live.model, number=9, dataset_version=live.dataset_version,
        class_names=live.class_names, preset="ensemble", config={}, libraries={}, code_version="",
        files={"model.onnx": {"sha256": "1" * 64, "bytes": 1}},
        ensemble={"method": "average", "experiment": str(live.pk), "members": [],
                  "learned_from": None, "known_sources": [str(live.dataset_version_id)]},
    )  # fmt: skip

    def said():
        return gate_of(ensemble).rules[0].detail

    factories.make_report(ensemble, right=60, dataset_version=shared, seen=12)
    assert "measured only on images that it learned from" in said()
    factories.make_report(ensemble, right=60, dataset_version=shared, seen=None)
    assert "Of a member of it Loupe cannot know whether that one learned" in said()


def test_the_gate_is_append_only_and_goes_with_its_model(api, user, live, urls):
    for value in (0.9, 0.9, 0.8):
        body = {"rules": [ACCURACY | {"value": value}]}
        assert api.put(urls["gate"], body).status_code == 200
    assert [each.number for each in ModelGate.objects.order_by("number")] == [1, 2]
    stale = api.put(urls["gate"], {"rules": [], "number": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "gate_changed")
    for change in (
        lambda: ModelGate.objects.update(rules=[]),
        lambda: ModelGate.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
            change()
    # As a later Loupe would leave it.
    ModelGate.objects.create(model=live.model, number=3, rules=[{"rule": "later"}])
    assert "another version of Loupe" in api.get(urls["model"]).json()["live_refusal"]
    edit_model(user=user, model=live.model, archived=True)
    assert api.put(urls["gate"], {"rules": []}).json()["code"] == "archived"
    live.model.refresh_from_db()
    delete_model(user=user, model=live.model)
    assert not ModelGate.objects.exists()


def test_the_page_sets_previews_and_keeps_every_rule(page_client, api, live, urls, make_trained):
    address = f"/models/{live.model_id}/gate/"
    rules = [
        ACCURACY | {"value": 0.912345},
        {"rule": "minimum", "metric": "kappa", "value": 0.5},
        {"rule": "minimum", "metric": "precision", "class_name": "dog", "value": 0.7},
        {"rule": "slice", "column": "camera", "margin": 0.1},
        {"rule": "slice", "column": "camera", "margin": 0.2, "against": "champion"},
        {"rule": "not_worse_than_champion", "alpha": 0.07},
        {"rule": "parity", "tolerance": 1e-05},
    ]
    kept = api.put(urls["gate"], {"rules": rules}).json()["rules"]
    form = page_client.get(address).context["form"]
    sent = {"class-rows": len(form.class_rows), "number": 1}
    for field in form:
        sent[field.html_name] = "" if field.value() is None else field.value()
    assert page_client.post(address, sent).status_code == 302
    assert ModelGate.objects.count() == 1, "the form says what the gate says, to the last digit"
    assert api.get(urls["gate"]).json()["rules"] == kept

    make_trained(right=50, model=live.model, columns=CAMERA)
    draft = {**dict.fromkeys(sent, ""), "metric-accuracy": "80", "class-rows": "1"}
    page = text_of(page_client.post(f"{address}preview/", draft))
    assert "Not saved yet" in page
    assert "1 of 2" in page
    assert "worse than version 1" in page
    assert ModelGate.objects.count() == 1
    wrong = page_client.post(f"{address}preview/", draft | {"metric-accuracy": "800"})
    assert "from 0 to 100 percent; received 800" in text_of(wrong)
    refused = page_client.post(address, draft | {"metric-accuracy": "800"})
    assert refused.status_code == 422
    assert "from 0 to 100 percent; received 800" in text_of(refused)
    # A margin stays with its column, also where other test images lack it.
    key = hashlib.sha256(b"gone").hexdigest()[:12]
    moved = {"column-0": "gone", f"slice-{key}-all_images": "5", "class-rows": "9" * 5000}
    lacking = page_client.post(address, draft | moved)
    assert lacking.status_code == 422
    assert "no column of subgroups “gone”" in text_of(lacking)
    half = page_client.post(address, draft | {"class-0-name": "dog", "class-0-metric": "recall"})
    assert "Say how much “dog” must reach" in text_of(half)
    more = page_client.post(address, draft | {"draft": "class"})
    assert len(more.context["form"].class_rows) == 2
    nan = page_client.post(address, draft | {"metric-accuracy": "nan"})
    assert nan.status_code == 422
    stale = page_client.post(address, draft | {"number": "0"})
    assert "has changed since you read it" in text_of(stale)
    assert page_client.post(address, draft | {"number": "1"}).status_code == 302
    assert api.get(urls["gate"]).json()["rules"] == [ACCURACY | {"value": 0.8, "class_name": ""}]

    viewer = Client()
    viewer.force_login(factories.make_member(live.model.organization, Role.VIEWER))
    page = text_of(viewer.get(address))
    assert "Accuracy is at least 80.0 %." in page
    assert "Save the gate" not in page
    assert viewer.post(address, draft).status_code == 403
    assert viewer.post(f"{address}preview/", draft).status_code == 403


def test_many_versions_take_no_more_queries_than_two(page_client, api, live, urls):
    rules = [ACCURACY, {"rule": "slice", "column": "camera", "margin": 0.1}]
    assert api.put(urls["gate"], {"rules": rules}).status_code == 200

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert page_client.get(f"/models/{live.model_id}/").status_code == 200
            assert api.get(f"{urls['model']}versions/").status_code == 200
        return len(found)

    def add(numbers):
        for number in numbers:
            version = ModelVersion.objects.get(pk=live.pk)
            version.pk, version.number, version.training_run = None, number, None
            version.save(force_insert=True)
            factories.make_report(version, right=50, digest=f"{number}", columns=CAMERA)

    add([2])
    few = queries()
    add(range(3, 15))
    assert queries() == few
