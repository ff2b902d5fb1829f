"""Registration, aliases, history, and what the database refuses."""

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from accounts.roles import Role
from classifier.models import AliasChange, EvaluationReport, ModelAlias, ModelVersion, Prediction
from classifier.registry.services.ensure_built_in import MODEL_ID, VERSION_ID
from common.hashing import sha256_file
from datasets.models import Split
from tests import factories


def models_url(model, path=""):
    return f"/api/v1/models/{model.pk}/{path}"


def test_the_first_version_has_its_lineage_and_is_champion(api, user, make_model_version, trained):
    version = make_model_version(user)
    run = version.training_run
    body = api.get(f"/api/v1/model-versions/{version.pk}/").json()
    assert body["number"] == 1
    assert body["training_run"] == str(run.pk)
    assert body["dataset_version"] == str(run.dataset_version_id)
    assert body["dataset_digest"] == run.dataset_version.digest
    assert body["classes"] == ["blue", "green", "red"]
    assert (body["preset"], body["config"]) == (run.preset, run.config)
    assert body["libraries"]["keras"]
    assert body["code_version"]
    assert body["file"] == trained.outcome.files["model.onnx"]
    assert sha256_file(version.served_path) == body["file"]["sha256"]
    model = api.get(models_url(version.model)).json()
    assert model["aliases"] == {"champion": 1}
    assert model["version_count"] == 1
    assert model["name"] == f"{run.dataset_version.dataset.name} cnn_tiny"
    assert model["organization"] == user.personal_organization.slug
    finished = api.get(f"/api/v1/training-runs/{run.pk}/").json()
    assert finished["model_version"] == str(version.pk)
    assert finished["metrics"]["best_epoch"] == trained.outcome.best_epoch


def test_later_versions_go_live_only_by_hand_and_the_history_says_why(
    api, user, make_model_version
):
    first = make_model_version(user)
    model = first.model
    second = make_model_version(user, model=model)
    assert (second.number, second.model_id) == (2, model.pk)
    for version in (first, second):
        factories.make_report(version, right=59)
    assert api.get(models_url(model)).json()["aliases"] == {"champion": 1}
    url = models_url(model, "aliases/champion/")
    answer = api.put(url, {"version": 2, "reason": "better on snakes"})
    assert answer.status_code == 200
    assert answer.json() == {"model": str(model.pk), "alias": "champion", "version": 2}
    assert api.put(url, {"version": 2}).status_code == 200
    api.put(url, {"version": 1, "reason": "roll back"})
    history = api.get(models_url(model, "history/")).json()["results"]
    assert [(each["previous"], each["version"], each["reason"]) for each in history] == [
        (2, 1, "roll back"),
        (1, 2, "better on snakes"),
        (None, 1, "Made by a test."),
    ]
    assert history[0]["created_by"] == user.username
    numbers = [each["number"] for each in api.get(models_url(model, "versions/")).json()["results"]]
    assert numbers == [2, 1]
    missing = api.put(url, {"version": 9})
    assert missing.status_code == 400
    assert missing.json()["errors"][0]["pointer"] == "/version"


def test_a_run_of_the_same_dataset_and_preset_makes_a_model_of_another_name(
    user, make_model_version
):
    first = make_model_version(user)
    second = make_model_version(user, version=first.dataset_version)
    assert second.model_id != first.model_id
    assert second.model.name == f"{first.model.name} 2"


def test_only_editors_of_the_organization_promote(user, make_model_version):
    version = make_model_version(user)
    url = models_url(version.model, "aliases/champion/")
    for person, status in (
        (factories.make_user(), 404),
        (factories.make_member(version.model.organization, Role.VIEWER), 403),
        (factories.make_member(version.model.organization, Role.EDITOR), 200),
    ):
        client = APIClient()
        client.force_authenticate(person)
        assert client.put(url, {"version": 1}).status_code == status
    client.force_authenticate(user)
    assert (
        client.put(f"/api/v1/models/{MODEL_ID}/aliases/champion/", {"version": 1}).status_code
        == 403
    )


def test_the_built_in_model_is_there_for_everyone(api):
    model = next(
        m for m in api.get("/api/v1/models/").json()["results"] if m["id"] == str(MODEL_ID)
    )
    assert model["name"] == "ImageNet (EfficientNet-Lite0)"
    assert model["organization"] is None
    version = api.get(f"/api/v1/model-versions/{VERSION_ID}/").json()
    assert version["file"] is None


def test_the_database_refuses_to_change_what_is_history(user, make_model_version):
    version = make_model_version(user)
    prediction = Prediction.objects.create(
        organization=user.personal_organization, model_version=version, name="x",
        image_sha256="0" * 64, answer=[], created_by=user,
    )  # fmt: skip
    report = EvaluationReport.objects.create(
        organization=user.personal_organization, model_version=version, split=Split.TEST,
        dataset_version=version.dataset_version, job=version.training_run.job,
        metrics={"accuracy": 1.0}, created_by=user,
    )  # fmt: skip
    for rows, change in (
        (ModelVersion.objects.filter(pk=version.pk), {"code_version": "other"}),
        (AliasChange.objects.filter(model=version.model), {"reason": "other"}),
        (Prediction.objects.filter(pk=prediction.pk), {"name": "other"}),
        (EvaluationReport.objects.filter(pk=report.pk), {"metrics": {"accuracy": 0.0}}),
    ):
        with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
            rows.update(**change)
    for rows in (
        ModelVersion.objects.filter(pk=version.pk),
        AliasChange.objects.filter(model=version.model),
    ):
        with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
            rows._raw_delete(rows.db)
    # The person who asked may leave; what they asked for stays.
    EvaluationReport.objects.filter(pk=report.pk).update(created_by=None)
    Prediction.objects.filter(pk=prediction.pk).update(created_by=None)


def test_two_champions_of_one_model_cannot_be(user, make_model_version):
    version = make_model_version(user)
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelAlias.objects.create(model=version.model, alias="champion", version=version)


def test_an_alias_that_is_too_long_is_refused_with_a_sentence(api, user, make_model_version):
    version = make_model_version(user)
    answer = api.put(models_url(version.model, "aliases/Champion/"), {"version": 1})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "like_champion")
    answer = api.put(models_url(version.model, f"aliases/{'a' * 41}/"), {"version": 1})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "up to 40 characters" in answer.json()["detail"]

    schema = api.get("/api/v1/schema/?format=json").json()
    operation = schema["paths"]["/api/v1/models/{model_id}/aliases/{alias}/"]["put"]
    said = {each["name"]: each["schema"] for each in operation["parameters"]}["alias"]
    assert (said["minLength"], said["maxLength"]) == (1, 40)
