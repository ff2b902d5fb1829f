"""The built-in model: always there, prepared on first use, once; what an older Loupe left stays."""

import pytest
from django.apps import apps
from django.db import connection

from classifier.engine.errors import EngineError
from classifier.engine.runtime.answer import Answer
from classifier.models import AliasChange, ModelAlias, ModelVersion, RegisteredModel
from classifier.prediction.errors import ModelNotReady
from classifier.prediction.services.ask import raise_for_error
from classifier.prediction.serving import built_in
from classifier.registry.services.ensure_built_in import (
    MODEL_ID,
    NAME,
    NEXT_ID,
    VERSION_ID,
    ensure_built_in_models,
)
from common.hashing import sha256_file


@pytest.fixture(autouse=True)
def nothing_prepared():
    built_in._builds.clear()


@pytest.mark.django_db
def test_it_is_made_once():
    ensure_built_in_models("default")
    assert RegisteredModel.objects.filter(organization=None).count() == 1
    assert ModelVersion.objects.filter(model_id=MODEL_ID).count() == 1
    assert AliasChange.objects.filter(model_id=MODEL_ID).count() == 1


@pytest.fixture
def older():
    """What an older Loupe left: a model of another name and a live version of MobileNetV2."""

    def make(files: dict) -> ModelVersion:
        RegisteredModel.objects.filter(pk=MODEL_ID).update(name="ImageNet (MobileNetV2)")
        version = ModelVersion.objects.filter(pk=VERSION_ID)
        version.update(preset="mobilenet_v2", files=files)
        return version.get()

    return make


@pytest.mark.django_db
def test_a_version_that_was_never_made_becomes_this_one(older):
    older({})
    ensure_built_in_models("default")
    version = ModelVersion.objects.get(model_id=MODEL_ID)
    assert (version.pk, version.number, version.preset) == (VERSION_ID, 1, "efficientnet_lite0")
    assert version.model.name == NAME


@pytest.mark.django_db(transaction=True)
def test_a_version_of_mobilenet_that_was_made_stays_beside_it(older):
    made = older({"model.onnx": {"sha256": "0" * 64, "bytes": 3}})
    ensure_built_in_models("default", apps)
    ensure_built_in_models("default", apps)
    first, second = ModelVersion.objects.filter(model_id=MODEL_ID).order_by("number")
    assert (first.preset, first.files) == ("mobilenet_v2", made.files)
    assert (second.pk, second.number, second.preset) == (NEXT_ID, 2, "efficientnet_lite0")
    assert ModelAlias.objects.get(model_id=MODEL_ID).version == second
    change = AliasChange.objects.filter(model_id=MODEL_ID).latest("created_at")
    assert (change.number, change.version_number, change.previous_number) == (2, 2, 1)
    # Another test of this stream may have made it.
    first.served_path.unlink(missing_ok=True)
    with pytest.raises(EngineError) as told:
        built_in.prepare(str(first.pk), 60)
    assert "is gone" in told.value.detail
    assert "from a backup" in told.value.hint


@pytest.mark.django_db
def test_where_its_package_is_missing_it_is_not_offered(api, page_client, request):
    url = f"/api/v1/models/{MODEL_ID}/"
    listed = {model["id"]: model for model in api.get("/api/v1/models/").json()["results"]}
    model = api.get(url).json()
    assert model == listed[str(MODEL_ID)]
    assert (model["available"], model["why_unavailable"]) == (True, None)
    assert model["aliases"] == {"champion": 1}
    page = page_client.get("/playground/").content.decode()
    assert f"{NAME} (built-in)" in page

    request.getfixturevalue("no_weights")
    model = api.get(url).json()
    assert (model["available"], model["aliases"]) == (False, {})
    for words in ("a.pth is missing", "no-such==1"):
        assert words in model["why_unavailable"]
    assert "Not installed" in page_client.get("/models/").content.decode()
    page = page_client.get(f"/models/{MODEL_ID}/").content.decode()
    assert "a.pth" in page
    assert "Try it" not in page
    page = page_client.get("/playground/").content.decode()
    assert "No model to ask yet" in page
    assert "ImageNet" not in page


@pytest.mark.django_db(transaction=True)
def test_preparing_that_takes_too_long_is_not_our_fault(monkeypatch, user):
    monkeypatch.setattr(built_in, "BUILD_SECONDS", 0.01)
    with pytest.raises(EngineError) as told:
        built_in.prepare(str(VERSION_ID), 60)
    version = ModelVersion.objects.get(pk=VERSION_ID)
    with pytest.raises(ModelNotReady) as raised:
        raise_for_error(Answer.failed(told.value).error, user, version)
    assert (raised.value.status, raised.value.code) == (503, "timed_out")


@pytest.mark.django_db(transaction=True)
def test_it_is_built_recorded_and_then_immutable():
    with pytest.raises(EngineError) as told:
        built_in.prepare(str(VERSION_ID), 0)
    assert told.value.code == "preparing"
    sha256 = built_in.prepare(str(VERSION_ID), 100)
    version = ModelVersion.objects.get(pk=VERSION_ID)
    assert version.class_names[281] == "tabby"
    assert sha256 == version.served_file["sha256"] == sha256_file(version.served_path)
    with connection.cursor() as cursor, pytest.raises(Exception, match="immutable"):
        cursor.execute(
            "UPDATE classifier_modelversion SET files = '{}' WHERE id = %s", [VERSION_ID]
        )
    assert built_in.prepare(str(VERSION_ID), 1) == sha256

    version.served_path.unlink()
    assert built_in.is_lost(str(VERSION_ID), sha256)
    assert built_in.prepare(str(VERSION_ID), 100) == sha256
    assert sha256_file(version.served_path) == sha256
    assert not built_in.is_lost(str(VERSION_ID), sha256)
