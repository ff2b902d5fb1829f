"""A rule at work: the same as comparing with every training vector, and read from files."""

import json

import numpy as np
import pytest

from classifier.engine.errors import EngineError
from classifier.engine.measure.decision import NEIGHBOUR, Rule
from classifier.engine.runtime.decider import Decider, distances, unit_rows

RANDOM = np.random.default_rng(5)
REFERENCES = unit_rows(RANDOM.normal(size=(700, 24)))
IMAGES = RANDOM.normal(size=(300, 24)).astype(np.float32)
STARTS = (0, 300, 300, 700)


def by_sorting(vectors):
    cosines = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)) @ REFERENCES.T
    return 1 - np.sort(cosines, axis=1)[:, -NEIGHBOUR]


def test_a_distance_is_that_of_the_third_nearest():
    assert distances(IMAGES, REFERENCES) == pytest.approx(by_sorting(IMAGES), abs=1e-6)
    few = distances(IMAGES[:2], REFERENCES[:2])
    assert few == pytest.approx(1 - (unit_rows(IMAGES[:2]) @ REFERENCES[:2].T).min(axis=1))


@pytest.mark.parametrize("predicted", [0, 1, 2])
def test_stopping_early_changes_no_verdict(predicted):
    far = by_sorting(IMAGES)
    distance = float((np.sort(far)[150] + np.sort(far)[151]) / 2)
    rule = Rule(thresholds=(0.5, 0.5, 0.5), distance=distance, starts=STARTS)
    decider = Decider(rule, REFERENCES)
    probabilities = np.full(3, 0.1, np.float32)
    probabilities[predicted] = 0.8
    said = [decider.verdict(probabilities, vector) for vector in IMAGES]
    assert [verdict == "unknown" for verdict in said] == (far > distance).tolist()
    assert set(said) == {"accept", "unknown"}


def test_what_is_not_sure_enough_is_reviewed():
    decider = Decider(Rule(thresholds=(0.7, None)), None)
    assert not decider.needs_vectors
    said = [decider.verdict(np.array([first, 1 - first]), None) for first in (0.9, 0.7, 0.69, 0.1)]
    assert said == ["accept", "accept", "review", "review"]


def test_the_nearest_are_named_by_row():
    decider = Decider(Rule(thresholds=(None,) * 3, starts=STARTS), REFERENCES)
    distance, near = decider.nearest(REFERENCES[42] * 3, 2)
    assert (near[0].row, near[0].cosine) == (42, pytest.approx(1))
    assert [each.cosine for each in near] == sorted((each.cosine for each in near), reverse=True)
    assert distance == pytest.approx(float(by_sorting(REFERENCES[42:43])[0]), abs=1e-6)
    assert len(near) == 2
    with pytest.raises(ValueError, match="no training vectors"):
        Decider(Rule(thresholds=()), None).nearest(REFERENCES[0], 1)


def test_it_is_read_from_files_and_says_where_they_are_gone(tmp_path):
    rule = Rule(thresholds=(0.5, None, 1.0), distance=0.4, starts=STARTS)
    (tmp_path / "rule.json").write_text(json.dumps(rule.to_json()))
    np.save(tmp_path / "references.npy", REFERENCES)
    decider = Decider.load(tmp_path / "rule.json", tmp_path / "references.npy")
    assert decider.rule == rule
    assert decider.needs_vectors
    assert decider.nearest(REFERENCES[7], 1)[1][0].row == 7
    for names in (("no.json", "references.npy"), ("rule.json", "no.npy"), ("references.npy",) * 2):
        with pytest.raises(EngineError) as lost:
            Decider.load(*(tmp_path / name for name in names))
        assert lost.value.code == "decision_lost"
