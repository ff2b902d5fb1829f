"""Answers come with a decision, on both ways; answer sets and evidence where they are asked for."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image as Picture

from classifier.engine.measure.decision import Rule, Wish
from classifier.engine.runtime.decider import Decider
from classifier.models import Decision, Prediction
from classifier.prediction.serving.judge import Judge
from classifier.registry.services.decision import set_decision
from storage import scratch
from tests.classifier.conftest import BLUE, RED
from tests.classifier.decided import make_decision
from tests.classifier.prediction.express_client import FILE, Client, field
from tests.datasets.conftest import encoded

LONG = {"Accept": "application/json, text/html"}


@pytest.fixture
def version(stack, user, make_model_version):
    return make_model_version(user)


@pytest.fixture
def client(stack, user, version):
    client = Client(stack, user, version)
    assert client.ask().status_code == 200
    return client


def decisions(answer):
    assert answer.status_code == 200, answer.text
    return [each["decision"] for each in answer.json()["predictions"]]


def test_a_decision_holds_from_the_next_prediction_on(client, version, user):
    noise = np.random.default_rng(0).integers(0, 255, (24, 24, 3), np.uint8)
    strange = encoded(Picture.fromarray(noise), "PNG")
    images = ((FILE, RED), (FILE, BLUE), (FILE, strange))
    assert decisions(client.ask(*images)) == [None, None, None]
    make_decision(user, version, Wish(thresholds={"red": 0.5, "blue": 1.0}))
    short, is_express = client.by_express(*images)
    assert is_express
    assert decisions(short) == ["accept", "review", "unknown"]
    assert decisions(client.ask(*images, **LONG)) == ["accept", "review", "unknown"]
    kept = [Prediction.objects.get(pk=each["id"]) for each in short.json()["predictions"]]
    assert [row.answer["decision"] for row in kept] == ["accept", "review", "unknown"]
    assert kept[0].classes[0].class_name == "red"
    assert "answer_set" not in short.json()["predictions"][0]
    # The next wish counts at once, also where this worker has no file of it.
    set_decision(user=user, version=version, wish=Wish(thresholds={"blue": 0.5}, unknown_rate=0.0))
    assert decisions(client.ask(*images))[:2] == ["review", "accept"]
    assert "unknown" not in decisions(client.ask(*images))
    rules = sorted(path.name for path in scratch.rules_dir().iterdir())
    assert f"{Decision.objects.get().rule_name}.json" in rules
    Decision.objects.all().delete()
    assert decisions(client.ask(*images)) == [None, None, None]


def test_answer_sets_and_evidence_come_where_they_are_asked_for(client, version, user):
    wanted = (field("coverage", "0.9"), field("evidence", "true"))
    for option in ((wanted[0],), (wanted[1],)):
        refused = client.ask((FILE, RED), *option)
        assert (refused.status_code, refused.json()["code"]) == (409, "no_decision")
    make_decision(user, version, Wish(precision=0.9))
    answer, is_express = client.by_express((FILE, RED), *wanted)
    assert not is_express
    [said] = answer.json()["predictions"]
    assert said["answer_set"][0] == "red"
    assert said["decision"] == "accept"
    assert -1e-6 <= said["distance"] < 0.5
    assert len(said["neighbours"]) == 3
    assert {each["class_name"] for each in said["neighbours"]} == {"red"}
    cosines = [each["cosine"] for each in said["neighbours"]]
    assert cosines == sorted(cosines, reverse=True)
    # All classes where so few images cannot leave one out.
    [wide] = client.ask((FILE, RED), field("coverage", "0.999")).json()["predictions"]
    assert set(wide["answer_set"]) == {"red", "green", "blue"}
    assert "neighbours" not in wide
    Decision.objects.update(references=None)
    none = client.ask((FILE, RED), wanted[1])
    assert (none.status_code, none.json()["code"]) == (409, "no_vectors")
    assert client.ask((FILE, RED), field("coverage", "1")).status_code == 400


def test_what_cannot_be_said_is_a_fault_and_no_silence():
    network = SimpleNamespace(class_names=("cat", "dog"), has_vectors=False)
    network.predict = lambda images: np.array([[0.9, 0.1]] * len(images))
    pixels = np.zeros((4, 4, 3), np.uint8)
    gone = Judge(network, None, 5, 0.5, 0).result(pixels)
    assert gone.fault.code == "no_decision"
    assert gone.answer is None
    without = Decider(Rule(thresholds=(0.5, 0.5)), None)
    assert Judge(network, without, 5, None, 3).result(pixels).fault.code == "no_vectors"
    said = Judge(network, without, 5, 0.5, 0).result(pixels)
    assert (said.answer.decision, said.answer_set) == ("accept", ("cat",))
