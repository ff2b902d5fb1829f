"""Heat-maps through the real web server, queue, worker and model process."""

import base64
import io
import os
import signal
import time

import numpy as np
import pytest
from django.utils import timezone
from PIL import Image

from accounts import hourly
from accounts.models import APIToken
from accounts.selectors.usage import predictions_key
from classifier.engine.explain.explainer import Explainer
from classifier.engine.explain.methods import Wish
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.target import probabilities
from classifier.models import Prediction, RegisteredModel
from classifier.prediction.serving.server import Judgement, ModelFile, ModelServer
from tests import factories
from tests.classifier.conftest import BLUE, RED
from tests.classifier.prediction.express_client import FILE, Client, field
from tests.datasets.conftest import encoded


@pytest.fixture
def version(stack, user, make_model_version):
    return make_model_version(user)


@pytest.fixture
def client(stack, user, version):
    return Client(stack, user, version)


def picture_of(content: bytes):
    picture = Image.open(io.BytesIO(content))
    assert picture.format == "PNG"
    return np.asarray(picture.convert("RGBA"))


def run(steps):
    """Return what a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_a_trained_networks_map_is_exact(trained):
    """As Keras exports it: what all places add, and the rest, make up the odds of two classes."""
    content = trained.onnx.read_bytes()
    explainer, model = Explainer.of(content), Predictor.of(content, threads=1)
    assert explainer.methods[0] == "cam"
    size = model.views[0].size
    pixels = np.random.default_rng(0).integers(0, 256, (4, size, size, 3), np.uint8)
    for one, answers in zip(pixels, model.predict(pixels), strict=True):
        maps = [run(explainer.cam(one, model.views, index)) for index in range(len(answers))]
        sums = np.array([found.sum() + rest for found, rest in maps])
        np.testing.assert_allclose(probabilities(sums[None])[0], answers, atol=1e-4)


def test_a_heat_map_that_would_come_too_late_is_left_out(trained):
    """The classes of all images come, and those that have time get their heat."""
    server = ModelServer()
    try:
        model, wish = ModelFile(trained.onnx, trained.sha256), Judgement(explain=Wish())
        for seconds, found in ((30, True), (1.4, False)):
            deadline = time.time() + seconds
            answer = server.answer(model, [RED] * 3, top_k=1, deadline=deadline, judgement=wish)
            assert [each.answer.classes[0].class_name for each in answer.images] == ["red"] * 3
            assert [each.heat_map is not None for each in answer.images] == [found] * 3
    finally:
        if server.pid:
            os.kill(server.pid, signal.SIGKILL)


def test_a_stored_image_and_a_sent_one_are_explained(stack, user, version, client):
    dataset = factories.make_dataset(user=user)
    pixels = np.full((40, 80, 3), (30, 30, 220), np.uint8)
    pixels[:, 40:] = (220, 30, 30)
    wide = encoded(Image.fromarray(pixels), "PNG")
    [image] = factories.add_files(dataset, [("wide.png", wide, "red")])
    url = f"{stack.url}/api/v1/images/{image.pk}/explanation/"
    session = client.session
    for scopes in (["read"], ["predict"], ["read", "predict"]):
        token = APIToken.objects.create(user, name="asks", scopes=scopes)[1]
        session.headers["Authorization"] = f"Bearer {token}"
        status = session.get(url, params={"model_version": str(version.pk)}, timeout=30).status_code
        # To read spends no predictions, and to ask shows no image of a dataset.
        assert status == (200 if len(scopes) == 2 else 403)

    def explained(status=200, **query):
        query = {"model_version": str(version.pk), "overlay": "false", **query}
        headers = {"Accept": "image/png", **query.pop("headers", {})}
        answer = session.get(url, params=query, headers=headers, timeout=30)
        assert answer.status_code == status, answer.text
        return answer

    heat = explained(class_name="red")
    assert heat.headers["Explanation-Method"] == "cam"
    assert heat.headers["Explanation-Class"] == "red"
    assert heat.headers["Explanation-Place"].endswith("right")
    assert heat.headers["Cache-Control"].startswith("private")
    alpha = picture_of(heat.content)[:, :, 3]
    assert alpha.shape == (128, 256)
    assert alpha[:, -50:].mean() > 3 * alpha[:, :50].mean()
    etag = {"If-None-Match": heat.headers["ETag"]}
    assert explained(304, class_name="red", headers=etag).content == b""
    assert explained(class_name="blue").headers["Explanation-Place"].endswith("left")
    assert explained(class_name="blue", headers=etag).headers["ETag"] != heat.headers["ETag"]
    covered = explained(method="occlusion", overlay="true")
    assert covered.headers["Explanation-Method"] == "occlusion"
    assert picture_of(covered.content)[:, :, 3].min() == 255

    unknown = explained(400, class_name="no such").json()
    assert (unknown["code"], unknown["errors"][0]["pointer"]) == ("no_such_class", "/class_name")
    assert "blue, green, red" in unknown["detail"]
    assert "shap" in explained(400, method="shap").text
    foreign = factories.make_model_version(factories.make_run(factories.make_user()))
    assert explained(400, model_version=str(foreign.pk)).json()["errors"][0]["pointer"]
    # Nothing but the heat was asked for: no answer is kept.
    assert not Prediction.objects.exists()

    RegisteredModel.objects.filter(pk=version.model_id).update(archived_at=timezone.now())
    assert explained(409).json()["code"] == "archived"
    RegisteredModel.objects.update(archived_at=None)

    client = Client(stack, user, version)
    images = ((FILE, RED), (FILE, b"no image"), (FILE, BLUE))
    plain, is_express = client.by_express(*images)
    assert is_express
    told, is_express = client.by_express(*images, field("explain", "true"))
    assert not is_express
    assert told.status_code == 200, told.text
    red, broken, blue = told.json()["predictions"]
    assert "heat_map" not in broken
    assert "heat_map" not in plain.json()["predictions"][0]
    for said, before in ((red, plain.json()["predictions"][0]), (blue, None)):
        assert said["heat_map_method"] == "cam"
        assert picture_of(base64.b64decode(said["heat_map"])).shape == (256, 256, 4)
        assert before is None or said["classes"] == before["classes"]

    # An answer that was given is explained once more without a second prediction; the first time
    # it is part of what was counted.
    [kept, *_] = plain.json()["predictions"]
    count = Prediction.objects.count()
    used = hourly.used(predictions_key(version.model.organization))
    url = f"{stack.url}/api/v1/predictions/{kept['id']}/explanation/"

    def explain(content, **fields):
        headers = {"Authorization": f"Bearer {client.secret}"}
        files = {"image": ("again.png", content)}
        return client.session.post(url, data=fields, files=files, headers=headers, timeout=30)

    for more in (0, 1):
        heat = explain(RED, overlay="false")
        assert heat.status_code == 200, heat.text
        assert heat.headers["Explanation-Class"] == kept["classes"][0]["class_name"] == "red"
        assert picture_of(heat.content).shape == (256, 256, 4)
        assert hourly.used(predictions_key(version.model.organization)) == used + more
    assert explain(RED, class_name="blue").headers["Explanation-Class"] == "blue"
    assert explain(BLUE).json()["code"] == "other_image"
    assert Prediction.objects.count() == count
