"""Exports: asked for, measured as files, handed out; what cannot be is refused by name."""

from dataclasses import replace

import pytest

from accounts.models import AuditEntry
from accounts.roles import Role
from classifier.engine.files import facts_of
from classifier.engine.formats.exports import FORMATS
from classifier.engine.measure.export_parity import ExportParity, Tolerance
from classifier.models import ModelExport
from classifier.registry.selectors.exports import (
    makeable,
)
from classifier.registry.services.delete_export import delete_export
from classifier.registry.services.store_export import store_export
from classifier.work import __all__ as handlers
from common.errors import Conflict
from jobs.models import Job, Status
from storage import durable
from storage.names import model_file_name
from tests import factories
from tests.classifier.trained import end_job, fail_job
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = pytest.mark.django_db
FOUND = ExportParity(
    images=300, split="test", accuracy=0.98, accuracy_change=0.0, flipped=3,
    largest_difference=0.2, latency_ms=3.5, calibrated_on=200, compressed_bytes=4, sparsity=0.0,
    tolerance=Tolerance(flipped_share=0.01),
)  # fmt: skip


def url_of(version) -> str:
    return f"/api/v1/model-versions/{version.pk}/"


def make_export(version, tmp_path, parity=FOUND, name="tflite_int8") -> ModelExport:
    job = Job.objects.create(
        kind="export", queue="io", organization=version.model.organization, title="Export"
    )
    export = ModelExport.objects.create(model_version=version, format=name, job=job)
    path = tmp_path / FORMATS[name].file
    path.write_bytes(b"a file")
    store_export(export=export, path=path, facts=facts_of(path), parity=parity, is_new=True)
    end_job(job)
    return export


# Keras loads TensorFlow.
@pytest.mark.parametrize(
    "name", ["onnx", "web_page", pytest.param("keras", marks=pytest.mark.slow)]
)
def test_a_file_is_run_on_the_test_images(user, api, page_client, colours, run_job, name):
    asked = api.post(f"{url_of(colours)}exports/", {"format": name}, format="json")
    assert asked.status_code == 202, asked.content
    assert (asked.json()["file"], asked.json()["parity"]) == (None, None)
    again = api.post(f"{url_of(colours)}exports/", {"format": name}, format="json")
    assert again.json()["id"] == asked.json()["id"]
    page = page_client.get(f"/model-versions/{colours.pk}/exports/").content.decode()
    assert 'hx-trigger="every 2s"' in page

    job = run_job(Job.objects.get(kind="export"))
    assert job.status == Status.SUCCEEDED, job.error
    body = api.get(f"/api/v1/exports/{asked.json()['id']}/").json()
    parity = body["parity"]
    tested = sum(colours.dataset_version.sample_counts["test"].values())
    assert (parity["images"], parity["split"], parity["flipped"]) == (tested, "test", 0)
    assert (parity["accuracy_change"], parity["passed"], parity["refusal"]) == (0, True, "")
    assert 0 <= parity["largest_difference"] < 1e-5
    assert parity["tolerance"] == {"difference": 0.001, "flipped_share": None}
    assert parity["bytes"] == body["file"]["bytes"]
    assert parity["latency_ms"] > 0
    assert parity["seen_in_training"] == 0
    assert api.post(f"{url_of(colours)}exports/", {"format": name}, "json").status_code == 200
    taken = api.get(body["download_url"])
    ending = FORMATS[name].file.removeprefix("model")
    assert taken["Content-Disposition"].endswith(f'-v1{ending}"')
    assert len(b"".join(taken.streaming_content)) == body["file"]["bytes"]
    page = page_client.get(f"/model-versions/{colours.pk}/exports/").content.decode()
    assert f"files/{FORMATS[name].file}/" in page
    assert f"of {tested} test" in page


def test_a_file_that_answers_differently_needs_a_confirmation(
    user, api, page_client, make_model_version, tmp_path
):
    version = make_model_version(user)
    export = make_export(version, tmp_path, replace(FOUND, flipped=4))
    body = api.get(f"/api/v1/exports/{export.pk}/").json()
    assert body["parity"]["passed"] is False
    refused = api.get(body["download_url"])
    assert (refused.status_code, refused.json()["code"]) == (409, "parity_failed")
    assert "4 of 300 test images (1.3 %) get another answer" in refused.json()["detail"]
    assert "?confirmed=true" in refused.json()["hint"]
    assert api.get(f"{body['download_url']}?confirmed=perhaps").status_code == 400
    taken = api.get(f"{body['download_url']}?confirmed=true")
    assert b"".join(taken.streaming_content) == b"a file"
    assert taken["Content-Disposition"].endswith('-v1.int8.tflite"')
    entry = AuditEntry.objects.get(action="model_version.download")
    assert (entry.actor, entry.detail["answers_differently"]) == (user, True)
    page = page_client.get(f"/model-versions/{version.pk}/exports/").content.decode()
    assert "Download it all the same" in page
    assert page.count("files/model.int8.tflite/") == page.count("?confirmed=true") == 1
    page = page_client.get(f"/model-versions/{version.pk}/").content.decode()
    assert "files/model.int8.tflite/" not in page
    assert "Answers differently" in page


def test_one_that_passes_needs_none(user, api, page_client, make_model_version, tmp_path):
    version = make_model_version(user)
    export = make_export(version, tmp_path)
    url = api.get(f"/api/v1/exports/{export.pk}/").json()["download_url"]
    assert api.get(url).status_code == 200
    page = page_client.get(f"/model-versions/{version.pk}/exports/").content.decode()
    assert "Download it all the same" not in page
    assert "Ranges are those of 200 train images." in page
    assert "It is not known which of these images the model learned from" in page
    # One of before that question.
    export.parity.pop("seen_in_training")
    export.save(update_fields=["parity"])
    page = page_client.get(f"/model-versions/{version.pk}/exports/").content.decode()
    assert "It is not known" not in page


def test_the_page_takes_no_action_that_it_does_not_know(user, page_client, make_model_version):
    version = make_model_version(user)
    url = f"/model-versions/{version.pk}/exports/"
    told = page_client.post(url, {"format": "onnx", "action": "remake"}, follow=True)
    assert "received &#x27;remake&#x27;" in told.content.decode()
    assert not ModelExport.objects.exists()


def test_what_cannot_be_exported_is_refused_by_name(user, api, page_client, make_run):
    run = make_run(user)
    run.preset = "random_forest"
    version = factories.make_model_version(run)
    assert makeable(version) == ["onnx", "onnx_pruned", "web_page"]
    refused = api.post(f"{url_of(version)}exports/", {"format": "tflite"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "does_not_apply")
    assert "(random_forest) is no network of Keras" in refused.json()["detail"]
    assert "exported as onnx, onnx_pruned, web_page; its files are" in refused.json()["detail"]
    unknown = api.post(f"{url_of(version)}exports/", {"format": "coreml"}, format="json")
    assert unknown.status_code == 400
    page = page_client.get(f"/model-versions/{version.pk}/exports/").content.decode()
    assert "is no network of Keras" in page
    assert "Make it: ONNX" in page
    assert "Make it: Keras" not in page


def test_a_lost_file_is_made_again(user, api, page_client, colours, run_job):
    asked = api.post(f"{url_of(colours)}exports/", {"format": "web_page"}, format="json").json()
    run_job(Job.objects.get(kind="export"))
    url = api.get(f"/api/v1/exports/{asked['id']}/").json()["download_url"]
    durable.delete(model_file_name(colours.pk, "model.html"))
    lost = api.get(url)
    assert (lost.status_code, lost.json()["code"]) == (409, "file_lost")
    assert lost.json()["hint"] == "Make it again."
    wish = {"format": "web_page", "again": True}
    for _ in range(2):
        again = api.post(f"{url_of(colours)}exports/", wish, format="json")
        assert (again.status_code, again.json()["id"]) == (202, asked["id"])
        assert again.json()["parity"]["passed"] is True
    page = page_client.get(f"/model-versions/{colours.pk}/exports/").content.decode()
    assert 'hx-trigger="every 2s"' in page
    assert "Make it again" not in page

    job = Job.objects.exclude(retry_of=None).get(kind="export")
    assert run_job(job).status == Status.SUCCEEDED
    assert api.get(url).status_code == 200
    entries = AuditEntry.objects.filter(action="model_version.export").order_by("created_at")
    assert [entry.detail.get("again", False) for entry in entries] == [False, True]
    page = page_client.get(f"/model-versions/{colours.pk}/exports/").content.decode()
    assert "Make it again" in page


def test_one_whose_second_making_failed_keeps_its_file(
    user, api, page_client, make_model_version, tmp_path
):
    version = make_model_version(user)
    export = make_export(version, tmp_path)
    url = f"/model-versions/{version.pk}/exports/"
    page_client.post(url, {"format": "tflite_int8", "action": "again"})
    failed = Job.objects.exclude(retry_of=None).get(kind="export")
    fail_job(failed)
    body = api.get(f"/api/v1/exports/{export.pk}/").json()
    assert (body["status"], body["parity"]["flipped"]) == ("failed", 3)
    assert api.get(body["download_url"]).status_code == 200
    page = page_client.get(url).content.decode()
    assert "It could not be made again: Too large. More memory." in page
    # Later than a job's material is kept for a retry, too.
    Job.objects.filter(pk=failed.pk).update(tidied_at=failed.created_at)
    again = api.post(f"{url_of(version)}exports/", {"format": "tflite_int8"}, format="json")
    assert again.status_code == 202


def test_an_export_is_deleted_with_its_file_and_its_job(
    user, page_client, make_model_version, tmp_path, django_capture_on_commit_callbacks
):
    version = make_model_version(user)
    export = make_export(version, tmp_path)
    name = model_file_name(version.pk, export.file_name)
    assert durable.exists(name)
    url = f"/model-versions/{version.pk}/exports/"
    with django_capture_on_commit_callbacks(execute=True):
        page_client.post(url, {"format": "tflite_int8", "action": "delete"})
    assert not ModelExport.objects.filter(pk=export.pk).exists()
    assert not Job.objects.filter(kind="export").exists()
    assert not durable.exists(name)
    entry = AuditEntry.objects.get(action="model_version.export.delete")
    assert (entry.actor, entry.detail["file"]) == (user, "model.int8.tflite")
    told = page_client.post(url, {"format": "tflite_int8", "action": "delete"}, follow=True)
    assert "is deleted already" in told.content.decode()


def test_what_training_left_stays_when_its_export_is_deleted(
    user, api, make_model_version, tmp_path, django_capture_on_commit_callbacks
):
    version = make_model_version(user)
    job = Job.objects.create(
        kind="export", queue="io", organization=version.model.organization, title="Export"
    )
    file = {"name": "model.onnx", **version.files["model.onnx"]}
    export = ModelExport.objects.create(model_version=version, format="onnx", job=job, file=file)
    refused = api.delete(f"/api/v1/exports/{export.pk}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "under_way")
    with pytest.raises(Conflict, match="is being made"):
        delete_export(user=user, export=export)
    end_job(job)
    with django_capture_on_commit_callbacks(execute=True):
        assert api.delete(f"/api/v1/exports/{export.pk}/").status_code == 204
    assert durable.exists(version.served_name)


def test_an_ensemble_of_several_squares_is_offered_no_web_page(user, api, make_run):
    run = make_run(user)
    run.preset, run.config = "ensemble", {"image_sizes": [32, 64]}
    version = factories.make_model_version(run)
    assert makeable(version) == ["onnx", "onnx_pruned"]
    refused = api.post(f"{url_of(version)}exports/", {"format": "web_page"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "does_not_apply")
    assert "see 2 of them, 32 px and 64 px: export one of its" in refused.json()["detail"]


def test_a_viewer_may_look_and_not_export(user, client, make_model_version, tmp_path):
    version = make_model_version(user)
    make_export(version, tmp_path)
    factories.sign_in(client, factories.make_member(user.personal_organization, Role.VIEWER))
    page = client.get(f"/model-versions/{version.pk}/exports/").content.decode()
    assert "98.0 %" in page
    assert "Make it" not in page
    assert "Delete" not in page
    assert "files/model.int8.tflite/" not in page
