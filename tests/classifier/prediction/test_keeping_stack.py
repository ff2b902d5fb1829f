"""Kept predictions and challengers through the real web server, queue, worker and model process."""

import io
import subprocess
import uuid
from base64 import b64encode

import pytest
from PIL import ExifTags, Image

from accounts.models import APIToken
from classifier.engine.runtime.answer import Answer
from classifier.models import (
    Arm,
    Challenge,
    ChallengeAnswer,
    KeptPrediction,
    ModelAlias,
    Prediction,
    PredictionKeeping,
)
from classifier.prediction.services.challenge.manage import start_challenge
from classifier.prediction.services.challenge.pauses import (
    answers_in_time,
    pauses,
    try_aside,
)
from classifier.prediction.serving.keep_files import with_files_kept
from classifier.prediction.serving.request import Request
from storage import durable
from storage.names import model_file_name
from tests import factories
from tests.classifier.conftest import BLUE, RED
from tests.classifier.kept import keep_on
from tests.classifier.prediction.express_client import FILE, Client, field
from tests.conftest import wait_until

CAMERA = b"A camera that must not be known"


@pytest.fixture
def version(stack, user, make_model_version):
    return make_model_version(user)


@pytest.fixture
def client(stack, user, version):
    return Client(stack, user, version)


def photograph(turned: bool) -> bytes:
    """A red JPEG with the place and the camera; its orientation asks for turning, or not."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = CAMERA.decode()
    exif[ExifTags.Base.Orientation] = 6 if turned else 1
    exif.get_ifd(ExifTags.IFD.GPSInfo)[2] = (52.0, 31.0, 12.0)
    stream = io.BytesIO()
    Image.new("RGB", (60, 40), (220, 30, 30)).save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def test_images_are_kept_without_what_they_tell_of_people(client, user, version):
    keep_on(user.personal_organization, days=3)
    photographs = [photograph(turned) for turned in (False, True)]
    answer, is_express = client.by_express(
        (FILE, photographs[0]), (FILE, b"no image"), (FILE, photographs[1])
    )
    assert is_express
    first, refused, turned = answer.json()["predictions"]
    assert (first["kept"], "kept" in refused, turned["kept"]) == (True, False, True)
    sizes = (60, 40), (40, 60)
    for entry, sent, size in zip((first, turned), photographs, sizes, strict=True):
        kept = KeptPrediction.objects.select_related("prediction").get(prediction=entry["id"])
        content = durable.read(kept.file_names[0])
        assert CAMERA in sent
        assert CAMERA not in content
        picture = Image.open(io.BytesIO(content))
        assert not picture.getexif()
        assert picture.size == size == (kept.images[0]["width"], kept.images[0]["height"])
        # As a dataset would keep it, so that it is known there by its hash.
        assert kept.contents == [factories.read_image_file(sent).sha256]
        assert kept.bytes == len(content)
        assert (kept.expires_at - kept.created_at).days == 3
        assert kept.class_name == entry["classes"][0]["class_name"] == "red"
        assert kept.confidence == entry["classes"][0]["probability"]
    # No file of the store has it, whatever its name.
    with durable.borrowed(["kept/"]) as folders:
        found = subprocess.run(["grep", "-rl", CAMERA.decode(), *folders], check=False)
    assert found.returncode == 1
    heat_map = client.session.get(
        client.url.replace(client.path, f"/api/v1/predictions/{turned['id']}/explanation/"),
        headers={"Authorization": f"Bearer {read_token(user)}"},
        timeout=30,
    )
    assert (heat_map.status_code, heat_map.headers["Content-Type"]) == (200, "image/png")
    assert heat_map.headers["Explanation-Class"] == "red"


def read_token(user) -> str:
    return APIToken.objects.create(user, name="reads", scopes=["read", "predict"])[1]


def test_the_long_way_and_one_thing_of_several_keep_them_too(client, user, version):
    keep_on(user.personal_organization)
    body = {"images": [b64encode(RED).decode(), b64encode(BLUE).decode()]}
    headers = {"Authorization": f"Bearer {client.secret}"}
    answer = client.session.post(client.url, json=body, headers=headers, timeout=30).json()
    assert [each["kept"] for each in answer["predictions"]] == [True, True]
    one = client.session.post(
        client.url, json={**body, "combine": True}, headers=headers, timeout=30
    ).json()["predictions"]
    assert [each["kept"] for each in one] == [True]
    kept = KeptPrediction.objects.get(prediction=one[0]["id"])
    assert [durable.exists(name) for name in kept.file_names[:2]] == [True, True]
    assert len(set(kept.contents)) == 2
    # Switched off: no more is kept, and no answer speaks of it.
    PredictionKeeping.objects.update(enabled=False)
    answer, is_express = client.by_express((FILE, RED))
    assert is_express
    assert "kept" not in answer.json()["predictions"][0]
    assert KeptPrediction.objects.count() == 3
    assert Prediction.objects.count() == 4


def test_what_cannot_be_stored_is_answered_and_said(caplog):
    """A store that refuses: the worker gives the answer, without the file."""
    values = {
        "schema": Answer.SCHEMA,
        "images": [
            {
                "answer": {"schema": 1, "classes": [{"class_name": "red", "probability": 1.0}]},
                "clean": {
                    "sha256": "0" * 64, "width": 1, "height": 1, "format": "PNG", "bytes": 1,
                    "content": b64encode(b"x").decode(),
                },
            }
        ],
    }  # fmt: skip
    request = Request.new(uuid.uuid4(), "0" * 64, 1, keep=("kept/../../outside",))
    kept = with_files_kept(request, Answer.from_json(values))
    assert kept.images[0].answer == Answer.from_json(values).images[0].answer
    assert not kept.images[0].clean
    assert "could not be kept" in caplog.text


@pytest.fixture
def challenger(request, user, version, make_model_version):
    # A file of its own: the model process may have another test's open.
    made = make_model_version(
        user,
        model=version.model,
        version=version.dataset_version,
        salt=request.node.name.encode()[:100],
    )
    ModelAlias.objects.create(model=version.model, alias="challenger", version=made)
    return made


def test_a_challenger_answers_in_its_share_and_in_the_shadow(client, user, version, challenger):
    keep_on(user.personal_organization)
    challenge = start_challenge(user=user, model=version.model, mode="share", share=1)
    assert client.ask((FILE, RED)).json()["version"] == challenger.number
    # Who names a version, or another alias, gets that one.
    assert client.ask((FILE, RED), field("version", "1")).json()["version"] == 1
    [row] = ChallengeAnswer.objects.filter(challenge=challenge)
    assert (row.arm, row.class_name) == (Arm.CHALLENGER, "red")
    assert 0 < row.milliseconds < 10_000
    shadow = start_challenge(user=user, model=version.model, mode="shadow", share=1)
    answer = client.ask((FILE, BLUE)).json()
    assert answer["version"] == version.number

    def answered():
        return ChallengeAnswer.objects.filter(challenge=shadow).exclude(shadow_class="").first()

    wait_until(answered, 30)
    row = answered()
    assert str(row.prediction_id) == answer["predictions"][0]["id"]
    assert (row.arm, row.class_name, row.shadow_class) == (Arm.CHAMPION, "blue", "blue")
    assert Prediction.objects.filter(model_version=challenger).count() == 1


def test_the_champion_answers_where_the_challenger_cannot(client, user, version, challenger):
    challenge = start_challenge(user=user, model=version.model, mode="share", share=1)
    durable.delete(model_file_name(challenger.pk, "model.onnx"))
    used = client.ask((FILE, RED)).json()
    assert (used["version"], used["predictions"][0]["status"]) == (version.number, 200)
    challenge = Challenge.objects.get(pk=challenge.pk)
    assert challenge.fallbacks == 1
    assert challenge.problem
    # It is left alone for a while: the next call waits for nothing.
    assert client.ask((FILE, RED)).json()["version"] == version.number
    assert Challenge.objects.get(pk=challenge.pk).fallbacks == 1
    assert not ChallengeAnswer.objects.exists()


def test_one_that_is_left_alone_is_tried_while_no_one_waits(user, version, challenger):
    challenge = start_challenge(user=user, model=version.model, mode="share", share=1)
    name = model_file_name(challenger.pk, "model.onnx")
    content = durable.read(name)
    durable.delete(name)
    pauses.begin(challenge.pk)
    assert not answers_in_time(challenge, user, [RED])
    durable.write(name, [content])
    try_aside(challenge, user, [RED, BLUE])
    wait_until(lambda: not pauses.holds(challenge.pk), 30)
    assert not Prediction.objects.exists()
    assert not ChallengeAnswer.objects.exists()
