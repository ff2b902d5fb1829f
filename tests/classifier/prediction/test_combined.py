"""`combine=true`: all images are one thing; and what goes with every answer."""

import base64

import numpy as np
import pytest

from accounts.quotas import Quota
from accounts.selectors.usage import usage_of
from classifier.engine.measure.combine import combined
from classifier.engine.measure.decision import Wish
from classifier.engine.runtime.answer import Answer, ImageResult
from classifier.engine.target import ClassProbability, ImageAnswer
from classifier.models import ModelVersion, Prediction
from classifier.prediction.errors import ModelNotReady
from classifier.prediction.services.answers import NamedImage
from classifier.prediction.services.combine import keep_combined
from classifier.prediction.services.keep import Asked
from classifier.prediction.serving import mailbox
from classifier.registry.services.decision import set_decision
from datasets.models import ClassLabel
from datasets.services.labelling.class_note import set_class_note
from tests import factories
from tests.classifier.conftest import BLUE, GREEN, RED
from tests.classifier.decided import make_decision
from tests.classifier.prediction.express_client import FILE, Client, field

LONG = {"Accept": "application/json, text/html"}
COMBINE = field("combine", "true")


@pytest.fixture
def version(stack, user, make_model_version):
    return make_model_version(user)


@pytest.fixture
def client(stack, user, version):
    client = Client(stack, user, version)
    assert client.ask().status_code == 200
    return client


def test_several_images_get_one_answer(client, version, user):
    make_decision(user, version, Wish(thresholds={"red": 0.6, "blue": 0.6}, unknown_rate=0.0))
    counted = usage_of(user.personal_organization)[Quota.PREDICTIONS].used
    kept_before = Prediction.objects.count()
    parts = ((FILE, RED), (FILE.replace("a.png", "b.png"), RED), (FILE, GREEN), COMBINE)
    answer, is_express = client.by_express(*parts, field("top_k", "2"), field("coverage", "0.9"))
    assert (answer.status_code, is_express) == (200, False), answer.text
    [entry] = answer.json()["predictions"]
    assert (entry["images"], entry["name"]) == (["a.png", "b.png", "a.png"], "a.png and 2 more")
    assert len(entry["classes"]) == 2
    # As the mean of what each is answered alone, with all its classes.
    alone = client.ask(*parts[:3]).json()["predictions"]
    names = sorted(version.class_names)
    rows = [
        [next(c["probability"] for c in each["classes"] if c["class_name"] == n) for n in names]
        for each in alone
    ]
    expected = dict(zip(names, combined(np.array(rows)), strict=True))
    for each in entry["classes"]:
        assert each["probability"] == pytest.approx(expected[each["class_name"]], abs=1e-6)
    assert [each["name"] for each in entry["each"]] == entry["images"]
    assert [each["decision"] for each in entry["each"]] == ["accept", "accept", "review"]
    assert [each["classes"][0] for each in entry["each"]] == [each["classes"][0] for each in alone]
    assert all("id" not in each and each["answer_set"] for each in entry["each"])
    assert "answer_set" not in entry
    row = Prediction.objects.get(pk=entry["id"])
    assert (row.name, row.image_sha256) == ("a.png and 2 more", "")
    assert row.answer["decision"] == entry["decision"]
    assert [(each["name"], each["answer"]["decision"]) for each in row.images] == [
        ("a.png", "accept"), ("b.png", "accept"), ("a.png", "review")
    ]  # fmt: skip
    assert Prediction.objects.filter(images__isnull=True).count() == kept_before + 3
    # Every image counts, of both calls.
    assert usage_of(user.personal_organization)[Quota.PREDICTIONS].used == counted + 6
    # Alone, an image is decided on as without; so it is by JSON.
    text = base64.b64encode(RED).decode()
    for images, decision in (([text], "accept"), ([text, text], "accept")):
        said = client.session.post(
            client.url, json={"images": images, "combine": True}, timeout=30,
            headers={"Authorization": f"Bearer {client.secret}"},
        ).json()["predictions"]  # fmt: skip
        assert [each["decision"] for each in said] == [decision]
        assert said[0]["images"] == [f"image-{n}" for n in range(len(images))]
    # Two that are each accepted, as different classes, are no accepted thing.
    [torn] = client.ask((FILE, RED), (FILE, BLUE), COMBINE).json()["predictions"]
    assert [each["decision"] for each in torn["each"]] == ["accept", "accept"]
    assert torn["decision"] == "review"


def test_an_unreadable_file_is_named_and_nothing_is_kept(client):
    before = Prediction.objects.count()
    broken = (FILE.replace("a.png", "broken.png"), b"no image")
    answer = client.ask((FILE, RED), broken, COMBINE)
    assert answer.status_code == 200
    [entry] = answer.json()["predictions"]
    assert (entry["status"], entry["images"]) == (422, ["a.png", "broken.png"])
    assert "there is no answer without broken.png" in entry["detail"]
    assert entry["code"] == entry["each"][1]["code"]
    assert [each["status"] for each in entry["each"]] == [200, 422]
    assert "id" not in entry
    assert Prediction.objects.count() == before


def test_answers_come_with_what_is_known_of_their_classes(client, version, user):
    short, is_express = client.by_express()
    assert is_express
    [entry] = short.json()["predictions"]
    assert entry["related"] == []
    assert set(entry["classes"][0]) == {
        "class_name", "probability", "precision", "precision_images", "precision_interval"
    }  # fmt: skip
    assert entry["classes"][0]["precision"] is None
    red = ClassLabel.objects.get(dataset=version.dataset_version.dataset, name="red")
    factories.make_report(version, right=21, images=30)
    set_class_note(user=user, label=red, description="Stop.", link="https://example.com/")
    # What is not known yet takes the long way once; the shortcut has it then.
    first = client.ask()
    second, is_express = client.by_express()
    assert is_express
    for answer in (first, second, client.ask(**LONG)):
        [entry] = answer.json()["predictions"]
        best = entry["classes"][0]
        assert (best["class_name"], best["precision"], best["precision_images"]) == ("red", 0.7, 10)
        assert best["precision_interval"][0] < 0.7 < best["precision_interval"][1]
        assert best["note"] == {"description": "Stop.", "link": "https://example.com/"}
        assert entry["related"] == [
            {"class_name": "green", "why": ["mistaken"], "mistaken": 3, "cosine": None}
        ]
        assert all("note" not in each for each in entry["classes"][1:])
    assert "precision" not in Prediction.objects.latest("created_at").answer["classes"][0]
    set_class_note(user=user, label=red, description="", link="")
    assert "note" not in client.ask().json()["predictions"][0]["classes"][0]


@pytest.mark.django_db
def test_thresholds_of_another_moment_decide_nothing(user, make_model_version):
    version = make_model_version(user)
    make_decision(user, version, Wish(thresholds={"red": 0.8}, unknown_rate=0.0))
    version = ModelVersion.objects.select_related("decision", "model").get(pk=version.pk)
    image = NamedImage("a.png", RED)
    asked = Asked(
        request=mailbox.Request.new(version.pk, "0" * 64, 1), person=user.pk,
        organization=user.personal_organization.pk, model=version.model_id, version=version.pk,
        number=1, images=[image, image], known={},
    )  # fmt: skip
    alone = ImageAnswer((ClassProbability("red", 0.9),), "accept")
    result = ImageResult(answer=alone, probabilities=(0.05, 0.05, 0.9))
    answer = Answer(images=(result, result))
    [entry] = keep_combined(asked, answer, version, 3).predictions
    assert (entry.decision, entry.classes[0].class_name) == ("accept", "red")
    set_decision(user=user, version=version, wish=Wish(thresholds={"red": 0.95}))
    with pytest.raises(ModelNotReady, match="was changed at this moment"):
        keep_combined(asked, answer, version, 3)
    assert Prediction.objects.count() == 1
