"""One version goes, with all that is its own; what serves it keeps it."""

import pytest

from accounts.models import AuditEntry
from accounts.roles import Role
from classifier.models import EvaluationReport, ModelVersion, Prediction, VersionNote
from classifier.registry.services.delete_version import delete_version
from classifier.registry.services.note_version import note_version
from classifier.registry.services.version_numbers import next_number
from common.errors import NotFound
from jobs.models import Job, Status
from storage import durable
from storage.names import model_folder
from tests import factories
from tests.classifier.trained import end_job


def test_a_version_goes_with_its_files_and_the_history_stays(
    api, page_client, user, make_model_version, django_capture_on_commit_callbacks
):
    first = make_model_version(user)
    model = first.model
    second = make_model_version(user, model=model, version=first.dataset_version)
    for version in (first, second):
        end_job(factories.make_report(version, right=58).job)
    url = f"/api/v1/models/{model.pk}/"
    assert api.put(f"{url}aliases/champion/", {"version": 2}).status_code == 200
    assert api.post(f"{url}rollback/", {}).status_code == 200
    assert api.put(f"{url}aliases/challenger/", {"version": 2}).status_code == 200
    api.patch(f"/api/v1/model-versions/{second.pk}/", {"tags": ["bad"], "note": "Blurs"})
    Prediction.objects.create(
        organization=model.organization, model_version=second, name="x", image_sha256="0" * 64,
        answer=[], created_by=user,
    )  # fmt: skip
    there = f"/api/v1/model-versions/{second.pk}/"
    refused = api.delete(there)
    assert (refused.status_code, refused.json()["code"]) == (409, "has_dependents")
    assert "The alias “challenger” points at it" in refused.json()["detail"]
    assert "It is live" in api.delete(f"/api/v1/model-versions/{first.pk}/").json()["detail"]
    assert api.delete(f"{url}aliases/challenger/").status_code == 204

    page = page_client.get(f"/model-versions/{second.pk}/settings/").content.decode()
    for words in ("1 evaluation report", "1 kept prediction", "its tags and its note"):
        assert words in page
    assert "Delete this version for ever" in page
    client = type(api)()
    client.force_authenticate(factories.make_member(model.organization, Role.EDITOR))
    assert client.delete(there).status_code == 403
    folder = durable.known_folder() / model_folder(second.pk)
    assert folder.is_dir()
    with django_capture_on_commit_callbacks(execute=True):
        answer = page_client.post(f"/model-versions/{second.pk}/delete/", follow=True)
    assert f"{second} is deleted." in answer.content.decode()
    assert answer.redirect_chain[-1][0] == f"/models/{model.pk}/"
    assert not folder.exists()
    assert api.get(there).status_code == 404
    # Who came a moment later waited for the lock, with the version in hand.
    with pytest.raises(NotFound, match="was deleted"):
        delete_version(user=user, version=second)
    with pytest.raises(NotFound, match="was deleted"):
        note_version(user=user, version=second, note="too late")
    for rows in (
        ModelVersion.objects.filter(pk=second.pk),
        EvaluationReport.objects.filter(model_version=second.pk),
        Prediction.objects.filter(model_version=second.pk),
        VersionNote.objects.filter(model_version=second.pk),
    ):
        assert not rows.exists(), rows.model

    history = api.get(f"{url}history/").json()["results"]
    assert [(each["previous"], each["version"]) for each in history] == [
        (2, None), (None, 2), (2, 1), (1, 2), (None, 1),
    ]  # fmt: skip
    page = page_client.get(f"/models/{model.pk}/").content.decode()
    assert "(deleted)" in page
    assert next_number(model) == 3, "a number is given once"
    entry = AuditEntry.objects.get(action="model_version.delete")
    assert (entry.detail["number"], entry.object_id) == (2, str(second.pk))
    run = api.get(f"/api/v1/training-runs/{second.training_run_id}/").json()
    assert run["model_version"] is None
    assert "its version was deleted" in run["verdict"]


def test_what_works_on_a_version_or_answers_with_it_is_named(api, user, make_line):
    _, second, third = make_line(user, 3)
    there = f"/api/v1/model-versions/{second.pk}/"
    report = factories.make_report(second, right=58)
    assert "has not ended yet" in api.delete(there).json()["detail"]
    Job.objects.filter(pk=report.job_id).update(status=Status.CANCELLED)
    made = ModelVersion.objects.create(
        model=third.model, number=4, class_names=third.class_names, preset="ensemble", config={},
        libraries={}, code_version="test", files=third.files,
        ensemble={"method": "average", "members": [{"model_version": str(second.pk), "name": "x"}]},
    )  # fmt: skip
    assert (
        api.put(f"/api/v1/models/{third.model_id}/aliases/mixed/", {"version": 4}).status_code
        == 200
    )
    refused = api.delete(there).json()["detail"]
    assert f"{made}, which an alias points at, is an ensemble that it is part of" in refused
    assert api.delete(f"/api/v1/models/{third.model_id}/aliases/mixed/").status_code == 204
    assert api.delete(there).status_code == 204
