"""A model's answers as those of a dataset's classes: each figure as scikit-learn has it."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score, log_loss

from classifier.engine.backbones.imagenet_names import class_names, groups
from classifier.engine.measure.class_mapping import class_mapping
from classifier.engine.measure.class_suggestions import Suggestions, search
from classifier.engine.measure.evaluation import evaluate

KNOWN = ["tabby", "beagle", "pug", "car", "cat", "tree"]


@pytest.fixture
def answers():
    return np.random.default_rng(5).dirichlet(np.full(len(KNOWN), 0.4), 300)


def test_several_classes_become_one_and_others_stay_answers(answers):
    found = class_mapping(["cat", "dog", "gnu"], KNOWN, {
        "cat": ["tabby"], "dog": ["pug", "beagle"], "gnu": [],
    })  # fmt: skip
    assert found.names == ("cat", "dog", "car", "cat (another)", "tree", "gnu")
    assert [found.names[place] for place in found.places] == ["cat", "dog", "gnu"]
    assert not found.renames_alone
    scores = found.applied(answers)
    assert scores.sum(axis=1) == pytest.approx(1)
    assert scores[:, 1] == pytest.approx(answers[:, 1] + answers[:, 2])
    assert scores[:, 3] == pytest.approx(answers[:, 4])
    assert not scores[:, 5].any()


def test_what_is_left_out_is_no_answer_and_the_figures_are_scikit_learns(answers):
    truth = np.random.default_rng(6).integers(0, 3, len(answers))
    asked = ["dog", "cat", "car"]
    found = class_mapping(
        asked, KNOWN, {"dog": ["beagle", "pug"], "cat": ["tabby", "cat"]}, "left_out"
    )
    assert found.names == tuple(asked)
    scores = found.applied(answers)
    sums = np.stack(
        [answers[:, 1] + answers[:, 2], answers[:, 0] + answers[:, 4], answers[:, 3]], axis=1
    )
    expected = sums / sums.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scores, expected, atol=1e-12)
    report = evaluate(scores, truth, found.names)
    said = expected.argmax(axis=1)
    assert report.accuracy == pytest.approx(accuracy_score(truth, said))
    assert report.macro.f1 == pytest.approx(f1_score(truth, said, average="macro"))
    assert report.kappa == pytest.approx(cohen_kappa_score(truth, said))
    clipped = expected.clip(np.finfo(np.float32).eps, 1)
    clipped /= clipped.sum(axis=1, keepdims=True)
    assert report.log_loss == pytest.approx(log_loss(truth, clipped), rel=1e-4)
    # Of an answer that gives these classes nothing, each is as likely.
    nothing = np.eye(6)[[5]]
    assert found.applied(nothing)[0] == pytest.approx([1 / 3] * 3)


def test_classes_of_the_same_names_leave_the_answers_alone(answers):
    found = class_mapping(["cat", "car"], KNOWN, {})
    assert (found.names, found.places) == (tuple(KNOWN), (4, 3))
    assert found.renames_alone
    assert found.applied(answers) is answers
    with pytest.raises(ValueError, match="no class 'gnu'"):
        class_mapping(["cat", "gnu"], KNOWN, {})


def test_imagenet_s_groups_are_suggested_by_the_words_that_people_have():
    names = class_names()
    assert len(names) == len(set(names)) == 1000
    offered = Suggestions(names, groups())
    for word, count in {"dogs": 118, "Cat": 5, "snake": 17, "bird": 59, "automobile": 10}.items():
        first = offered.of(word)[0]
        assert len(first.names) == count, word
        assert set(first.names) <= set(names)
    assert "beagle" in groups()["dog"]
    assert "tabby" not in groups()["dog"]
    [other] = offered.of("cat")[1:]
    assert (other.names, other.why) == (("Madagascar cat",), "has the word")
    [same] = offered.of("Goldfish")
    assert (same.names, same.why) == (("goldfish",), "the same name")
    assert offered.of("plane")[0].names == ("airliner", "warplane"), "no carpenter's plane first"
    assert Suggestions(["Cat", "dog"], groups()).of("cat")[0].names == ("Cat",), "no group then"
    assert offered.of("xyz") == []
    assert search("golden r", names) == ["golden retriever"]
    assert search("retriever", names)[-1].endswith("retriever")
    assert search(" ", names) == []
