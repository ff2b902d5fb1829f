"""Exports: asked for, measured as files, handed out; what cannot be is refused by name."""

from dataclasses import replace

import pytest

from accounts.models import AuditEntry
from accounts.roles import Role
from classifier.engine.files import facts_of
from classifier.engine.formats.exports import FORMATS
from classifier.engine.measure.export_parity import ExportParity, Tolerance
from classifier.models import ModelExport
from classifier.registry.selectors.exports import makeable
from classifier.registry.services.store_export import store_export
from classifier.work import __all__ as handlers
from jobs.models import Job, Status
from tests import factories
from tests.classifier.trained import end_job
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


def test_a_viewer_may_look_and_not_export(user, client, make_model_version, tmp_path):
    version = make_model_version(user)
    make_export(version, tmp_path)
    factories.sign_in(client, factories.make_member(user.personal_organization, Role.VIEWER))
    page = client.get(f"/model-versions/{version.pk}/exports/").content.decode()
    assert "98.0 %" in page
    assert "Make it" not in page
    assert "files/model.int8.tflite/" not in page
