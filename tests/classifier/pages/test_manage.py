"""Renaming, archiving and deleting runs and models, and downloads of a model's files."""

import base64
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from accounts.roles import Role
from classifier.models import (
    AliasChange,
    EpochMetrics,
    EvaluationReport,
    ModelVersion,
    Prediction,
    RegisteredModel,
    ReportAnswers,
    TrainingRun,
)
from classifier.registry.services.ensure_built_in import MODEL_ID, VERSION_ID
from jobs.models import Job, Status
from storage import durable, scratch
from storage.names import model_folder, run_folder
from tests import factories
from tests.classifier.conftest import RED
from tests.classifier.trained import end_job

RED_BASE64 = base64.b64encode(RED).decode()


def member(organization, role: Role) -> APIClient:
    client = APIClient()
    client.force_authenticate(factories.make_member(organization, role))
    return client


def names_of(api, path: str) -> list[str]:
    return [
        row["name"] for row in api.get(f"/api/v1/{path}").json()["results"] if row["organization"]
    ]


def test_a_run_is_renamed_archived_and_taken_back(api, page_client, user):
    run = factories.make_run(user, name="First try")
    url = f"/api/v1/training-runs/{run.pk}/"
    assert api.patch(url, {"name": "Second name"}).json()["name"] == "Second name"
    assert api.patch(url, {"title": "x"}).json()["errors"][0]["code"] == "unknown_field"
    assert api.patch(url, {"name": "a\u202eb"}).status_code == 400
    assert api.patch(url, {"archived": True}).json()["archived_at"]
    assert names_of(api, "training-runs/") == []
    assert names_of(api, "training-runs/?archived=true") == ["Second name"]
    assert api.get("/api/v1/training-runs/?archived=perhaps").status_code == 400
    assert "Second name" not in page_client.get("/training/").content.decode()
    assert "Second name" in page_client.get("/training/?status=archived").content.decode()
    page_client.post(f"/training/{run.pk}/archive/", {"archived": "false"})
    assert names_of(api, "training-runs/") == ["Second name"]
    actions = AuditEntry.objects.filter(object_id=str(run.pk)).values_list("action", flat=True)
    assert list(actions).count("training_run.edit") == 3


def test_a_run_is_deleted_unless_something_needs_it(
    api, page_client, user, django_capture_on_commit_callbacks
):
    run = factories.make_run(user)
    url = f"/api/v1/training-runs/{run.pk}/"
    EpochMetrics.objects.create(run=run, epoch=1, loss=1, accuracy=0, learning_rate=1, seconds=1)
    refused = api.delete(url)
    assert (refused.status_code, refused.json()["code"]) == (409, "has_dependents")
    assert "cancel it first" in refused.json()["detail"]
    Job.objects.filter(pk=run.job_id).update(status=Status.CANCELLED)
    checkpoint = scratch.checkpoint_dir(run.job.lineage)
    checkpoint.mkdir(parents=True)
    (durable.known_folder() / run_folder(run.pk)).mkdir(parents=True)
    assert member(run.organization, Role.EDITOR).delete(url).status_code == 403
    page = page_client.get(f"/training/{run.pk}/settings/").content.decode()
    assert "Delete this run for ever" in page
    with django_capture_on_commit_callbacks(execute=True):
        assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    assert not Job.objects.filter(pk=run.job_id).exists()
    assert not checkpoint.exists()
    assert not (durable.known_folder() / run_folder(run.pk)).exists()

    made = factories.make_run(user)
    version = factories.make_model_version(made)
    end_job(made.job)
    refused = api.delete(f"/api/v1/training-runs/{made.pk}/").json()
    assert f"{version} was made by it" in refused["detail"]
    page = page_client.get(f"/training/{made.pk}/settings/").content.decode()
    assert "was made by it" in page
    assert "Delete this run" not in page


def test_a_model_is_renamed_within_its_organization(api, page_client, user):
    model = factories.make_model_version(factories.make_run(user)).model
    other = factories.make_model_version(factories.make_run(user)).model
    url = f"/api/v1/models/{model.pk}/"
    changed = api.patch(url, {"name": "Leaves", "description": "What grows here"}).json()
    assert (changed["name"], changed["description"]) == ("Leaves", "What grows here")
    taken = api.patch(url, {"name": other.name})
    assert (taken.status_code, taken.json()["errors"][0]["code"]) == (400, "taken")
    page = page_client.post(f"/models/{model.pk}/settings/", {"name": other.name})
    assert (page.status_code, "is called" in page.content.decode()) == (422, True)
    assert RegisteredModel.objects.get(pk=model.pk).name == "Leaves"
    assert api.patch(f"/api/v1/models/{MODEL_ID}/", {"name": "Mine"}).status_code == 403


def test_an_archived_model_is_out_of_service_until_it_is_taken_back(api, page_client, user):
    version = factories.make_model_version(factories.make_run(user))
    model = version.model
    url = f"/api/v1/models/{model.pk}/"
    assert api.patch(url, {"archived": True}).status_code == 200
    assert names_of(api, "models/") == []
    assert names_of(api, "models/?archived=true") == [model.name]
    answer = api.post(f"{url}predict/", {"images": [RED_BASE64]}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "archived")
    assert api.put(f"{url}aliases/champion/", {"version": 1}).json()["code"] == "archived"
    body = {
        "dataset_version": str(version.dataset_version_id),
        "preset": "cnn_tiny",
        "model": str(model.pk),
    }
    refused = api.post("/api/v1/training-runs/", body).json()
    assert refused["errors"][0]["code"] == "archived"
    for path in ("/models/", "/", "/playground/"):
        assert model.name not in page_client.get(path).content.decode(), path
    assert model.name in page_client.get("/models/?archived=true").content.decode()
    assert "Archived" in page_client.get(f"/models/{model.pk}/").content.decode()
    assert api.patch(url, {"archived": False}).json()["archived_at"] is None
    assert names_of(api, "models/") == [model.name]


def test_a_deleted_model_takes_all_that_is_its_own_and_nothing_else(
    api, page_client, user, make_model_version, django_capture_on_commit_callbacks
):
    version = make_model_version(user)
    model, run = version.model, version.training_run
    kept = make_model_version(user)
    report = factories.make_report(version, right=50)
    waiting = EvaluationReport.objects.get(pk=factories.make_report(version, right=50).pk)
    prediction = Prediction.objects.create(
        organization=model.organization, model_version=version, name="x", image_sha256="0" * 64,
        answer=[], created_by=user,
    )  # fmt: skip
    url = f"/api/v1/models/{model.pk}/"
    refused = api.delete(url).json()
    assert refused["code"] == "has_dependents"
    for words in (
        "Version 1 of it is live",
        "archive",
        "1 version with",
        "2 evaluation reports",
        "1 kept prediction",
    ):
        assert words in refused["detail"]
    api.patch(url, {"archived": True})
    refused = api.delete(url).json()
    assert "has not ended yet" in refused["detail"], "an evaluation is under way"
    Job.objects.filter(pk__in=[report.job_id, waiting.job_id]).update(status=Status.CANCELLED)
    page = page_client.get(f"/models/{model.pk}/settings/").content.decode()
    assert "2 evaluation reports" in page
    assert "Delete this model for ever" in page
    assert member(model.organization, Role.EDITOR).delete(url).status_code == 403
    folder = durable.known_folder() / model_folder(version.pk)
    assert folder.is_dir()
    with django_capture_on_commit_callbacks(execute=True):
        answer = page_client.post(f"/models/{model.pk}/delete/", follow=True)
    assert f"{model.name} is deleted." in answer.content.decode()
    assert api.get(url).status_code == 404
    assert not folder.exists()
    for rows in (
        ModelVersion.objects.filter(pk=version.pk),
        AliasChange.objects.filter(model=model.pk),
        EvaluationReport.objects.filter(model_version=version.pk),
        ReportAnswers.objects.filter(report=report.pk),
        Prediction.objects.filter(pk=prediction.pk),
        Job.objects.filter(pk__in=[report.job_id, waiting.job_id]),
    ):
        assert not rows.exists(), rows.model
    run = TrainingRun.objects.get(pk=run.pk)
    assert run.model is None
    shown = api.get(f"/api/v1/training-runs/{run.pk}/").json()
    assert shown["model_version"] is None
    assert "its version was deleted" in shown["verdict"]
    assert page_client.get(f"/training/{run.pk}/").status_code == 200
    assert ModelVersion.objects.filter(pk=kept.pk).exists()
    assert (durable.known_folder() / model_folder(kept.pk)).is_dir()
    entry = AuditEntry.objects.get(action="model.delete")
    assert (entry.object_id, entry.detail["name"]) == (str(model.pk), model.name)


def test_the_database_lets_a_version_go_only_with_its_model(user):
    version = factories.make_model_version(factories.make_run(user))
    changes = AliasChange.objects.filter(model=version.model)
    for setting in ("", str(uuid.uuid4())):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('loupe.deleted_model', %s, true)", [setting])
        with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
            changes.delete()
        with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
            ModelVersion.objects.filter(pk=version.pk)._raw_delete("default")


def test_files_of_a_model_are_downloaded_by_those_who_may(
    api, page_client, user, make_model_version
):
    version = make_model_version(user)
    RegisteredModel.objects.filter(pk=version.model_id).update(name='../"Läuse"\r\nX: y')
    url = f"/api/v1/model-versions/{version.pk}/files/"
    for name in ("model.onnx", "model.keras"):
        answer = api.get(f"{url}{name}/")
        content = b"".join(answer.streaming_content)
        assert content == ((durable.known_folder() / model_folder(version.pk)) / name).read_bytes()
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["X-Content-Type-Options"] == "nosniff"
        shown = answer["Content-Disposition"]
        assert shown.startswith("attachment; filename")
        assert "v1." in shown
        assert not set("\r\n/\\") & set(shown.replace("utf-8''", ""))
    assert AuditEntry.objects.filter(action="model_version.download", actor=user).count() == 2
    assert (
        member(version.model.organization, Role.VIEWER).get(f"{url}model.onnx/").status_code == 403
    )
    for name in ("other.onnx", "..%2Fmodel.onnx", "%2Fetc%2Fpasswd"):
        assert api.get(f"{url}{name}/").status_code == 404
    page = page_client.get(f"/model-versions/{version.pk}/").content.decode()
    assert f"{url}model.onnx/" in page
    version.served_path.write_bytes(b"another")
    changed = api.get(f"{url}model.onnx/")
    assert (changed.status_code, changed.json()["code"]) == (409, "bad_model_file")
    assert api.get(f"/api/v1/model-versions/{VERSION_ID}/files/model.onnx/").status_code == 404
