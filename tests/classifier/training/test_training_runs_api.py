"""presets/ and training-runs/: what is accepted, what is refused, and with which sentence."""

import pytest

from accounts.models import AuditEntry
from accounts.roles import Role
from classifier.engine.presets.registry import PRESETS
from classifier.models import TrainingRun
from jobs.models import Job, Status
from tests import factories

URL = "/api/v1/training-runs/"


def start(api, version, **body):
    return api.post(URL, {"dataset_version": str(version.pk), "preset": "cnn_tiny", **body})


def test_presets_say_what_they_take(api):
    presets = {preset["name"]: preset for preset in api.get("/api/v1/presets/").json()}
    assert list(presets) == list(PRESETS)
    tiny = presets["cnn_tiny"]
    assert tiny["kind"] == "scratch"
    assert (tiny["at_hand"], tiny["missing"], tiny["get_it"]) == (True, "", "")
    lite, vgg = presets["efficientnet_lite0"], presets["vgg16"]
    assert (lite["at_hand"], vgg["at_hand"]) == (True, False)
    assert vgg["facts"] == {
        "source": "Simonyan and Zisserman, 2014, keras.applications",
        "parameters": 14_714_688,
        "vector_length": 512,
        "blocks": 5,
        "weights_file": "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "licence": "CC-BY-4.0",
    }
    assert vgg["facts"]["weights_file"] in vgg["missing"]
    assert tiny["config_schema"]["properties"]["epochs"]["default"] == tiny["defaults"]["epochs"]
    assert set(tiny["config_schema"]["properties"]) == set(tiny["defaults"])


def test_without_its_weights_a_preset_is_refused_at_once(api, user, settings, tmp_path):
    version = factories.make_version(user=user)
    answer = start(api, version, preset="vgg16")
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "weights_unavailable")
    assert body["errors"][0]["pointer"] == "/preset"
    name = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    assert body["detail"] == (
        "VGG16 (transfer learning) cannot be trained here yet. "
        f"The ImageNet weights file {name} is not on this machine."
    )
    assert f"https://storage.googleapis.com/tensorflow/keras-applications/vgg16/{name}" in str(body)
    assert "LOUPE_WEIGHTS_DIR" in str(body)
    assert not TrainingRun.objects.exists()
    (tmp_path / name).write_bytes(b"weights")
    settings.WEIGHTS_DIR = tmp_path
    assert start(api, version, preset="vgg16").status_code == 202


def test_a_run_starts_with_its_job_and_every_setting(api, user):
    version = factories.make_version(user=user)
    answer = start(api, version, config={"epochs": 3})
    body = answer.json()
    assert answer.status_code == 202
    assert answer["Location"] == f"/api/v1/jobs/{body['job']['id']}/"
    assert body["status"] == "pending"
    assert body["job"]["kind"] == "train"
    assert body["config"]["epochs"] == 3
    assert body["config"]["batch_size"] == PRESETS["cnn_tiny"].defaults.batch_size
    assert (body["metrics"], body["model"], body["model_version"]) == ({}, None, None)
    assert body["name"] == f"{version.dataset.name} v1 · cnn_tiny"
    assert AuditEntry.objects.filter(action="training_run.start", object_id=body["id"]).exists()
    assert api.get(f"{URL}{body['id']}/").json()["id"] == body["id"]
    assert api.get(URL).json()["results"][0]["id"] == body["id"]


def test_a_run_has_a_time_limit_and_a_clone_keeps_it(api, user, settings):
    settings.TRAINING_TIME_LIMIT_SECONDS = 7200
    version = factories.make_version(user=user)
    assert start(api, version).json()["time_limit_seconds"] == 7200
    run = start(api, version, time_limit_seconds=90).json()
    assert run["time_limit_seconds"] == 90
    clone = api.post(f"{URL}{run['id']}/clone/", {})
    assert clone.json()["time_limit_seconds"] == 90


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"config": {"epochs": 0}}, "/config/epochs"),
        ({"config": {"epochs": "many"}}, "/config/epochs"),
        ({"config": {"horses": 1}}, "/config/horses"),
        ({"config": {"fine_tune_epochs": 1}}, "/config/fine_tune_epochs"),
        ({"config": [1]}, "/config"),
        ({"preset": "resnet"}, "/preset"),
        ({"dataset_version": "00000000-0000-0000-0000-000000000000"}, "/dataset_version"),
        ({"name": "x" * 121}, "/name"),
        ({"time_limit_seconds": 59}, "/time_limit_seconds"),
        ({"time_limit_seconds": 8 * 24 * 3600}, "/time_limit_seconds"),
        ({"time_limit_seconds": "a day"}, "/time_limit_seconds"),
    ],
)
def test_what_is_not_allowed_is_named(api, user, body, pointer):
    answer = start(api, factories.make_version(user=user), **body)
    problem = answer.json()
    assert answer.status_code == 400
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert not TrainingRun.objects.exists()
    assert not Job.objects.filter(kind="train").exists()


def test_the_sentence_says_what_is_allowed_and_what_was_received(api, user):
    problem = start(api, factories.make_version(user=user), config={"dropout": 2}).json()
    assert problem["errors"][0]["detail"] == ("dropout must be a number from 0 to 0.9; received 2.")


def test_one_class_alone_is_refused(api, user):
    version = factories.make_version(user=user)
    dataset = factories.make_dataset(user=user)
    factories.make_images(dataset, "cat", 12)
    from datasets.models import DatasetVersion

    alone = DatasetVersion.objects.create(
        dataset=dataset, number=1, digest="0" * 64, strategy="stratified", fractions={},
        class_names=["cat"], sample_counts={"train": {"cat": 12}}, created_by=user,
    )  # fmt: skip
    answer = start(api, alone)
    assert answer.status_code == 422
    assert answer.json()["code"] == "cannot_train"
    assert "at least two classes" in answer.json()["detail"]
    assert start(api, version).status_code == 202


def test_another_tenants_version_or_model_does_not_exist(api, user, make_model_version):
    stranger = factories.make_user()
    theirs = make_model_version(stranger)
    refused = start(api, theirs.dataset_version)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/dataset_version"
    mine = factories.make_version(user=user)
    refused = start(api, mine, model=str(theirs.model_id))
    assert refused.json()["errors"][0]["pointer"] == "/model"
    assert api.get(f"{URL}{theirs.training_run_id}/").status_code == 404
    assert api.get(f"{URL}{theirs.training_run_id}/epochs/").status_code == 404


def test_a_built_in_model_takes_no_versions(api, user):
    from classifier.registry.services.ensure_built_in import MODEL_ID

    refused = start(api, factories.make_version(user=user), model=str(MODEL_ID))
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/model"


def test_a_viewer_may_look_and_not_start(user, make_run):
    from rest_framework.test import APIClient

    run = make_run(user)
    viewer = APIClient()
    viewer.force_authenticate(factories.make_member(run.organization, Role.VIEWER))
    assert viewer.get(f"{URL}{run.pk}/").status_code == 200
    assert start(viewer, run.dataset_version).status_code == 403
    assert viewer.post(f"{URL}{run.pk}/cancel/").status_code == 403
    assert viewer.post(f"{URL}{run.pk}/clone/", {}).status_code == 403


def test_a_trashed_dataset_is_not_trained_on(api, user):
    from django.utils import timezone

    version = factories.make_version(user=user)
    version.dataset.deleted_at = timezone.now()
    version.dataset.save()
    assert start(api, version).status_code == 409
    assert not TrainingRun.objects.exists()


def test_the_same_key_starts_one_run(api, user):
    version = factories.make_version(user=user)
    body = {"dataset_version": str(version.pk), "preset": "cnn_tiny"}
    first = api.post(URL, body, headers={"Idempotency-Key": "once"})
    again = api.post(URL, body, headers={"Idempotency-Key": "once"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert TrainingRun.objects.count() == 1


def test_cancel_then_resume_goes_on_with_a_new_job(api, user, make_run):
    run = make_run(user)
    before = run.job_id
    cancelled = api.post(f"{URL}{run.pk}/cancel/")
    assert cancelled.status_code == 202
    assert cancelled.json()["status"] == "cancelled"
    resumed = api.post(f"{URL}{run.pk}/resume/")
    assert resumed.status_code == 202
    assert resumed.json()["job"]["id"] != str(before)
    assert resumed.json()["status"] == "pending"
    assert Job.objects.get(pk=before).status == Status.CANCELLED
    assert api.post(f"{URL}{run.pk}/resume/").status_code == 409


def test_a_clone_leaves_out_what_its_changes_leave_without_effect(api, user):
    config = {"optimizer": "sgd", "momentum": 0.5, "schedule": "step", "decay_epochs": 2}
    run = start(api, factories.make_version(user=user), config=config).json()
    same = api.post(f"{URL}{run['id']}/clone/", {}).json()["config"]
    assert {name: same[name] for name in config} == config
    other = api.post(f"{URL}{run['id']}/clone/", {"config": {"optimizer": "adam"}})
    assert other.status_code == 202
    assert (other.json()["config"]["momentum"], other.json()["config"]["decay_epochs"]) == (0.9, 2)
    sent = {"config": {"optimizer": "adam", "momentum": 0.6}}
    refused = api.post(f"{URL}{run['id']}/clone/", sent)
    assert refused.status_code == 400
    [error] = refused.json()["errors"]
    assert error["pointer"] == "/config/momentum"
    assert "momentum has an effect with optimizer sgd alone; received 0.6" in error["detail"]


def test_a_clone_keeps_what_is_not_named(api, user, make_run):
    run = make_run(user, config={"epochs": 7, "dropout": 0.5}, name="first")
    answer = api.post(f"{URL}{run.pk}/clone/", {"config": {"epochs": 2}, "name": "second"})
    body = answer.json()
    assert answer.status_code == 202
    assert body["id"] != str(run.pk)
    assert (body["config"]["epochs"], body["config"]["dropout"]) == (2, 0.5)
    assert body["dataset_version"] == str(run.dataset_version_id)
    other = api.post(f"{URL}{run.pk}/clone/", {"preset": "cnn_small"}).json()
    assert other["preset"] == "cnn_small"
    assert "fine_tune_epochs" not in other["config"]


def test_filters_are_an_allow_list(api, user, make_run):
    run = make_run(user)
    api.post(f"{URL}{run.pk}/cancel/")
    make_run(user, version=run.dataset_version)
    assert len(api.get(URL).json()["results"]) == 2
    assert len(api.get(URL, {"status": "cancelled"}).json()["results"]) == 1
    assert len(api.get(URL, {"preset": "cnn_small"}).json()["results"]) == 0
    refused = api.get(URL, {"created_by__password__startswith": "a"})
    assert refused.status_code == 400
