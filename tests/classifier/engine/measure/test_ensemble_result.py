"""The sentences of an ensemble: what it gains, what that costs, and whether it could be chance."""

from dataclasses import replace

import numpy as np
import pytest

from classifier.engine.measure.ensemble import (
    EnsembleResult,
    MemberFigures,
    MemberTally,
    ModelFigures,
    accuracy_and_loss,
    beside_best,
)
from classifier.engine.measure.mcnemar import mcnemar


def member(name, accuracy, milliseconds=4.0, **more):
    return MemberFigures(
        name=name,
        model_version="",
        preset="cnn_tiny",
        accuracy=accuracy,
        log_loss=0.5,
        milliseconds=milliseconds,
        bytes=1000,
        **{"seen": 0, "seen_validation": 0, **more},
    )


def result(only_ensemble, only_best, *, images=1000, milliseconds=11.6):
    members = (member("Blue", 0.90), member("Red", 0.85))
    gain = (only_ensemble - only_best) / images
    return EnsembleResult(
        method="average",
        members=members,
        ensemble=ModelFigures(
            accuracy=0.90 + gain, log_loss=0.4, milliseconds=milliseconds, bytes=2000, seen=0
        ),
        images=images,
        best=0,
        only_ensemble=only_ensemble,
        only_best=only_best,
        p_value=mcnemar(only_ensemble, only_best),
        validation_images=100,
        fitted=True,
        temperature=1.0,
        nodes=10,
        member_nodes=20,
        seconds=1.0,
    )


def test_the_sentence_says_gain_price_and_chance():
    sure = result(40, 10)
    assert sure.sentence == (
        "+3.0 points for 2.9 times the time of an image; the difference is significant "
        "(p below 0.001)."
    )
    assert sure.advice == (
        "The ensemble is right more often than Blue, its best member, where 11.6 ms of a core for "
        "an image are quick enough (4 ms alone)."
    )
    assert result(40, 10, milliseconds=4.1).advice.endswith("and costs hardly more time.")
    unsure = result(12, 8)
    assert unsure.sentence.startswith("+0.4 points")
    assert "not significant (p 0.503)" in unsure.sentence
    assert "right about 4 more of 1,000 test images than Blue" in unsure.advice
    assert "could be chance" in unsure.advice
    worse = result(8, 12)
    assert worse.sentence.startswith("−0.4 points")
    assert worse.advice.startswith("This ensemble does not beat its best member")
    assert worse.advice.endswith("Blue alone is right as often or more often.")
    assert result(5, 5).advice.endswith("Blue alone is right as often.")
    assert EnsembleResult.from_json(sure.to_json()) == sure


def test_what_makes_figures_too_good_is_named():
    found = result(12, 8)
    assert found.warnings == []
    leaky = (member("Blue", 0.9, seen=7, seen_validation=3), member("Red", 0.8, seen=None))
    said = replace(found, members=leaky).warnings
    assert said[0].startswith("Blue learned from 7 of these 1,000 test images")
    assert said[1].startswith("Blue learned from 3 of the 100 validation images")
    assert said[2].startswith("It is not known which images Red learned from")


def test_it_is_compared_with_the_member_that_is_right_most_often():
    truth = [0, 1, 0, 1]
    members = np.zeros((4, 2, 2))
    members[:, 0] = [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.6, 0.4]]
    members[:, 1] = [[0.4, 0.6], [0.2, 0.8], [0.7, 0.3], [0.3, 0.7]]
    answers = members.mean(axis=1)
    tally = MemberTally()
    for part in (slice(0, 3), slice(3, 4)):
        tally.add(members[part], truth[part])
    assert tally.accuracy_and_loss(1) == accuracy_and_loss(members[:, 1], truth)
    found = beside_best(answers, tally.right, truth)
    assert (found.best, found.only_ensemble, found.only_best, found.p_value) == (1, 1, 0, 1.0)
    accuracy, loss = accuracy_and_loss(answers, truth)
    assert accuracy == 1.0
    assert loss == pytest.approx(-np.log([0.65, 0.8, 0.55, 0.55]).mean())
