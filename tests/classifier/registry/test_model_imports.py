"""A model that was trained elsewhere becomes a version: asked for, opened apart, registered."""

import hashlib
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import AuditEntry
from accounts.quotas import Quota
from accounts.selectors.usage import used_of
from classifier.engine.runtime.predictor import Predictor
from classifier.models import ModelAlias, ModelImport, ModelVersion
from classifier.registry.selectors.gate import gate_of
from classifier.registry.services.importing.register_imported import sweep_model_uploads
from classifier.work import __all__ as handlers
from jobs.models import Job, Status
from storage import durable
from storage.names import model_file_name, model_upload_name
from tests import factories
from tests.classifier.conftest import square
from tests.classifier.engine.foreign import attacks
from tests.classifier.engine.foreign.crafted import (
    COLOURS,
    colour_network,
    colour_weights,
    keras_file,
)
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = pytest.mark.django_db
URL = "/api/v1/models/imports/"


def send(api, content: bytes | None = None, *, name="../../colours.keras", **fields):
    body = {
        "file": SimpleUploadedFile(name, keras_file() if content is None else content),
        "class_names": json.dumps(COLOURS),
        "input": json.dumps({"size": 16, "scaling": "0..1"}),
        **fields,
    }
    return api.post(URL, body, format="multipart")


def colours(user):
    dataset = factories.make_dataset(user=user)
    files = []
    for index, name in enumerate(COLOURS):
        for shade in range(6):
            colour = [20 + shade, 30, 25]
            colour[index] = 200 + 2 * shade
            files.append((f"{name}-{shade}.png", square(tuple(colour)), name))
    factories.add_files(dataset, files)
    return dataset


def test_a_foreign_model_becomes_a_version_that_is_not_live(user, api, page_client, run_job):
    content = keras_file()
    asked = send(api, content, dataset=str(colours(user).pk))
    assert asked.status_code == 202, asked.content
    body = asked.json()
    # Until the job has succeeded there is no version: the answer says so.
    assert (body["number"], body["model"], body["url"]) == (None, None, None)
    assert (body["status"], body["job"]["kind"]) == ("pending", "import_model")
    assert asked["Location"] == f"/api/v1/jobs/{body['job']['id']}/"
    assert api.get(f"/api/v1/model-versions/{body['id']}/").status_code == 404
    assert body["input"] == {"size": 16, "scaling": "0..1", "channels": "rgb", "fit": "stretch"}
    sha256 = hashlib.sha256(content).hexdigest()
    expected = {"name": "colours.keras", "sha256": sha256, "bytes": len(content)}
    assert body["original"] == expected
    assert body["stated"]["answers"] == "logits"
    assert body["remarks"] == [
        "The network's answers are logits: Loupe adds softmax, which makes them add up to 1."
    ]
    row = ModelImport.objects.get()
    used = used_of(row.organization, Quota.BYTES)
    assert page_client.get(f"/models/imports/{row.pk}/").status_code == 200

    job = run_job(row.job)
    assert job.status == Status.SUCCEEDED, job.error
    body = api.get(f"{URL}{row.pk}/").json()
    assert (body["number"], body["status"]) == (1, "succeeded")
    said = api.get(body["url"]).json()
    assert (said["id"], said["preset"], said["classes"]) == (str(row.pk), "imported", COLOURS)
    assert said["imported"]["file_name"] == "colours.keras"
    assert (said["imported"]["sha256"], said["imported"]["parameters"]) == (sha256, 12)
    assert said["files"].keys() == {"imported.keras", "model.onnx"}
    assert said["files"]["imported.keras"]["sha256"] == sha256
    assert said["parity"]["max_abs_difference"] <= said["parity"]["tolerance"]
    assert body["trial"]["right"] == body["trial"]["images"] == 18
    assert body["trial"]["well"] is True
    # What waited is gone; what is kept counts.
    assert not durable.exists(model_upload_name(row.upload))
    assert used_of(row.organization, Quota.BYTES) > used

    version = ModelVersion.objects.get(pk=row.pk)
    served = Predictor.load(version.served_path, version.served_file["sha256"])
    assert served.class_names == tuple(COLOURS)
    assert served.has_vectors
    # It came as a network of Keras, so that is what is named.
    asked = api.post(f"/api/v1/model-versions/{row.pk}/exports/", {"format": "keras"}, "json")
    assert (asked.status_code, asked.json()["code"]) == (422, "does_not_apply")
    assert "Its own files can be downloaded as they are" in asked.json()["detail"]
    # Not measured, so not live: the gate says it.
    assert not gate_of(version).passed
    assert not ModelAlias.objects.filter(model=version.model).exists()
    page = page_client.get(f"/models/imports/{row.pk}/").content.decode()
    assert "Right on 18 of 18 images" in page
    page = page_client.get(f"/model-versions/{row.pk}/").content.decode()
    assert "colours.keras" in page
    assert "logits; Loupe adds softmax" in page
    actions = AuditEntry.objects.values_list("action", flat=True)
    assert {"model_import.start", "model_version.register"} <= set(actions)


def test_files_of_other_formats_are_not_opened(api, tmp_path):
    canary = tmp_path / "canary"
    for content, said in attacks.other_formats(canary).values():
        refused = send(api, content)
        assert refused.status_code == 415, refused.content
        assert said in refused.json()["detail"]
        assert refused.json()["code"] == "not_a_keras_file"
    assert not canary.exists()
    assert not ModelImport.objects.exists()
    assert not Job.objects.exists()
    entry = AuditEntry.objects.filter(action="model_import.refuse").first()
    assert entry.detail == {"file": "colours.keras", "code": "not_a_keras_file"}


def test_hostile_networks_are_refused_before_a_job_is_made(api, tmp_path):
    canary = tmp_path / "canary"
    for name in ("lambda", "TFSMLayer", "unknown module", "custom object", "os"):
        config, said = attacks.configs(canary)[name]
        refused = send(api, keras_file(config))
        assert refused.status_code == 422, refused.content
        assert said in refused.json()["detail"]
    refused = send(api, attacks.archives(canary)["path traversal"][0])
    assert (refused.status_code, refused.json()["code"]) == (422, "entry_not_allowed")
    assert not ModelImport.objects.exists()
    assert not canary.exists()


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"class_names": '["a", "b"]'}, 422, "has 3 outputs; you name 2 classes"),
        ({"class_names": '["a", "a", "b"]'}, 400, "“a” is there twice"),
        ({"class_names": "red"}, 400, "valid JSON"),
        ({"class_names": '{"a": 1}'}, 400, "a list of texts"),
        ({"input": '{"scaling": "0..1", "size": 32}'}, 422, "takes 16 × 16 pixels; you say 32"),
        ({"input": '{"scaling": "zscore"}'}, 400, "zscore"),
        ({"input": '{"scaling": "0..1", "sice": 3}'}, 400, "sice"),
        ({"input": "{}"}, 400, "required"),
        ({"surprise": "x"}, 400, "surprise"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(api, fields, status, said):
    refused = send(api, **fields)
    assert refused.status_code == status, refused.content
    assert said in refused.content.decode()


def test_weights_that_reach_elsewhere_end_the_job_and_nothing_is_left(
    user, api, run_job, tmp_path, make_model_version
):
    """And a model that exists: its versions stay what they were."""
    model = make_model_version(user).model
    content, said = attacks.weights(tmp_path)["external link"]
    asked = send(api, keras_file(weights=content), model=str(model.pk))
    assert asked.status_code == 202, asked.content
    row = ModelImport.objects.get()
    job = run_job(row.job)
    assert job.status == Status.FAILED
    assert said in job.error["detail"]
    assert model.versions.count() == 1
    assert not ModelVersion.objects.filter(pk=row.pk).exists()
    assert not durable.exists(model_upload_name(row.upload))
    assert not durable.exists(model_file_name(row.pk, "model.onnx"))
    assert api.get(f"{URL}{row.pk}/").json()["number"] is None
    again = api.post(f"/api/v1/jobs/{job.pk}/retry/")
    assert again.status_code == 409, again.content


def test_a_file_that_changed_while_it_waited_is_not_opened(api, run_job):
    assert send(api).status_code == 202
    row = ModelImport.objects.get()
    path = durable.local(model_upload_name(row.upload))
    content = bytearray(path.read_bytes())
    content[-50] ^= 1
    path.write_bytes(content)
    job = run_job(row.job)
    assert job.status == Status.FAILED
    assert "is not the one that was sent" in job.error["detail"]
    assert not ModelVersion.objects.filter(pk=row.pk).exists()


def test_a_day_has_so_many_imports_and_files_so_many_bytes(api, settings):
    settings.MODEL_IMPORTS_A_DAY = 1
    assert send(api).status_code == 202
    refused = send(api)
    assert refused.status_code == 429, refused.content
    assert "may bring 1 models along in 24 hours" in refused.json()["detail"]
    settings.MODEL_IMPORTS_A_DAY = 9
    settings.MODEL_IMPORT_MAX_BYTES = 100
    assert send(api).status_code == 413
    assert ModelImport.objects.count() == 1


def test_two_classes_of_one_output_and_an_old_precision_are_taken(api):
    config = colour_network("sigmoid", units=1)
    config["config"]["layers"][2]["config"]["dtype"]["config"]["name"] = "mixed_float16"
    asked = send(api, keras_file(config, colour_weights()), class_names='["no", "yes"]')
    assert asked.status_code == 202, asked.content
    assert "read as the probability of the second class" in asked.json()["remarks"][0]


def test_what_a_killed_web_process_left_is_swept(api, settings, monkeypatch):
    assert send(api).status_code == 202
    waiting = ModelImport.objects.get().upload
    durable.write(model_upload_name("left"), [b"x"])
    monkeypatch.setattr("time.time", lambda: 4e9)
    sweep_model_uploads()
    assert not durable.exists(model_upload_name("left"))
    assert durable.exists(model_upload_name(waiting))
