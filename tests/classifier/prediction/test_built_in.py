"""The built-in model: prepared on first use, once, and a clear sentence without weights."""

import json
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from classifier.engine.backbones.weights import CLASS_INDEX, CLASSIFIER
from classifier.engine.errors import EngineError
from classifier.engine.runtime.answer import Answer
from classifier.models import AliasChange, ModelVersion, RegisteredModel
from classifier.prediction.errors import ModelNotReady
from classifier.prediction.services.predict import _raise_for_error
from classifier.prediction.serving import built_in
from classifier.registry.services.ensure_built_in import MODEL_ID, VERSION_ID
from common.hashing import sha256_file

RANDOM_WEIGHTS = """
import sys, h5py, keras
from keras.src.legacy.saving import legacy_h5_format
keras.utils.set_random_seed(0)
with h5py.File(sys.argv[1], "w") as file:
    legacy_h5_format.save_weights_to_hdf5_group(file, keras.applications.MobileNetV2(weights=None))
"""


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    """No cache and no network, wherever the tests run."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    built_in._builds.clear()


@pytest.mark.django_db
def test_it_is_made_once():
    call_command("migrate", verbosity=0)
    assert RegisteredModel.objects.filter(organization=None).count() == 1
    assert ModelVersion.objects.filter(model_id=MODEL_ID).count() == 1
    assert AliasChange.objects.filter(model_id=MODEL_ID).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_weights_it_says_which_file_to_put_where(settings, tmp_path):
    settings.WEIGHTS_DIR = tmp_path
    with pytest.raises(EngineError) as told:
        built_in.prepare(str(VERSION_ID), 60)
    assert told.value.code == "weights_unavailable"
    with pytest.raises(ModelNotReady) as raised:
        _raise_for_error(Answer.failed(told.value).error)
    assert raised.value.status == 503
    assert CLASSIFIER.name in raised.value.detail
    assert "LOUPE_WEIGHTS_DIR" in raised.value.detail


@pytest.mark.django_db
def test_what_is_not_installed_is_not_offered(api, page_client, settings, tmp_path):
    settings.WEIGHTS_DIR = tmp_path
    url = f"/api/v1/models/{MODEL_ID}/"
    listed = {model["id"]: model for model in api.get("/api/v1/models/").json()["results"]}
    model = api.get(url).json()
    assert model == listed[str(MODEL_ID)]
    assert (model["available"], model["aliases"]) == (False, {})
    for words in (CLASSIFIER.name, CLASS_INDEX.name, "LOUPE_WEIGHTS_DIR", "install_built_in"):
        assert words in model["why_unavailable"]
    assert "Not installed" in page_client.get("/models/").content.decode()
    page = page_client.get(f"/models/{MODEL_ID}/").content.decode()
    assert CLASSIFIER.name in page
    assert "Try it" not in page
    assert "ImageNet" not in page_client.get("/playground/").content.decode()
    with pytest.raises(CommandError, match=CLASSIFIER.name):
        call_command("install_built_in")

    for name in (CLASSIFIER.name, CLASS_INDEX.name):
        (tmp_path / name).touch()
    model = api.get(url).json()
    assert (model["available"], model["why_unavailable"]) == (True, None)
    assert model["aliases"] == {"champion": 1}
    page = page_client.get("/playground/").content.decode()
    assert "ImageNet (MobileNetV2) (built-in)" in page


@pytest.mark.django_db(transaction=True)
def test_preparing_that_takes_too_long_is_not_our_fault(monkeypatch, settings, tmp_path):
    settings.WEIGHTS_DIR = tmp_path
    monkeypatch.setattr(built_in, "BUILD_SECONDS", 0.01)
    with pytest.raises(EngineError) as told:
        built_in.prepare(str(VERSION_ID), 60)
    with pytest.raises(ModelNotReady) as raised:
        _raise_for_error(Answer.failed(told.value).error)
    assert (raised.value.status, raised.value.code) == (503, "timed_out")


@pytest.mark.django_db(transaction=True)
def test_with_weights_it_is_built_recorded_and_then_immutable(settings, tmp_path):
    weights = tmp_path / CLASSIFIER.name
    subprocess.run([sys.executable, "-c", RANDOM_WEIGHTS, weights], check=True, capture_output=True)
    index = {str(n): [f"n{n:08}", f"thing_{n}"] for n in range(1000)}
    (tmp_path / CLASS_INDEX.name).write_text(json.dumps(index))
    settings.WEIGHTS_DIR = tmp_path
    with pytest.raises(EngineError) as told:
        built_in.prepare(str(VERSION_ID), 0)
    assert told.value.code == "preparing"
    sha256 = built_in.prepare(str(VERSION_ID), 200)
    version = ModelVersion.objects.get(pk=VERSION_ID)
    assert version.class_names[7] == "thing 7"
    assert sha256 == version.served_file["sha256"] == sha256_file(version.served_path)
    with connection.cursor() as cursor, pytest.raises(Exception, match="immutable"):
        cursor.execute(
            "UPDATE classifier_modelversion SET files = '{}' WHERE id = %s", [VERSION_ID]
        )
    assert built_in.prepare(str(VERSION_ID), 1) == sha256

    version.served_path.unlink()
    assert built_in.is_lost(str(VERSION_ID))
    assert built_in.prepare(str(VERSION_ID), 200) == sha256
    assert sha256_file(version.served_path) == sha256
    assert not built_in.is_lost(str(VERSION_ID))

    version.served_path.unlink()
    weights.unlink()
    with pytest.raises(EngineError) as told:
        built_in.prepare(str(VERSION_ID), 60)
    assert told.value.code == "weights_unavailable", "without weights it says what is missing"
