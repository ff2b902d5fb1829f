"""Samples in little room: to all that reads them, the same as a list of pairs."""

import hashlib
import json
import tracemalloc
from typing import Any

import numpy as np
import pytest

from classifier.engine.errors import BadData
from classifier.engine.fit.checkpoints import Checkpoints
from classifier.engine.fit.self_training import Chosen, joined
from classifier.engine.samples import (
    Samples,
    TrainingSamples,
    contents_of,
    joined_samples,
    labels_of,
)
from common.digests import Digests

PAIRS = [(hashlib.sha256(bytes([number])).hexdigest(), number % 3) for number in range(9)]
PACKED = Samples(Digests.of(name for name, _ in PAIRS), np.array([label for _, label in PAIRS]))


def samples(train: Any, validation: Any = (), **more: Any) -> TrainingSamples:
    return TrainingSamples(train=train, validation=validation, pixels=None, **more)  # type: ignore


def test_they_are_read_as_pairs() -> None:
    assert list(PACKED) == PAIRS
    assert (PACKED[4], list(PACKED[2:5]), len(PACKED)) == (PAIRS[4], PAIRS[2:5], 9)
    for each in (PACKED, PAIRS):
        assert labels_of(each).tolist() == [label for _, label in PAIRS]
        assert list(contents_of(each)) == [name for name, _ in PAIRS]
        assert list(joined_samples(each, PAIRS[:2])) == [*PAIRS, *PAIRS[:2]]
        more = joined(
            samples(each, unlabelled=[PAIRS[0][0]]),
            Chosen(places=[0], classes=[2], probabilities=[0.9]),
        )
        assert list(more.train) == [*PAIRS, (PAIRS[0][0], 2)]
    assert isinstance(more.train, list)
    assert isinstance(joined_samples(PACKED, PAIRS), Samples)


def test_a_training_of_them_goes_on_from_the_same_checkpoint(tmp_path) -> None:
    identity = {"config": {"b": 1, "a": [1.5, "é"]}, "class_names": ['"', "ü"], "unlabelled": ()}
    found = [
        Checkpoints(tmp_path, {**identity, "train": train})._fingerprint
        for train in (PAIRS, PACKED, PACKED[:8])
    ]
    text = json.dumps({**identity, "train": PAIRS}, sort_keys=True)
    assert found[0] == found[1] == hashlib.sha256(text.encode()).hexdigest()
    assert found[2] != found[0]


def test_what_cannot_be_learned_is_said_of_both() -> None:
    names = ["a", "b", "c"]
    for kind in (list, Samples):
        made = [Samples(each.contents, each.labels) for each in (PACKED, PACKED[:1], PACKED[:0])]
        every, one, none = made if kind is Samples else (PAIRS, PAIRS[:1], [])
        samples(every).check(names)
        with pytest.raises(BadData, match="from 0 to 1; received 2"):
            samples(every).check(names[:2])
        with pytest.raises(BadData, match="has only 'a'"):
            samples(one).check(names)
        with pytest.raises(BadData, match="The train split is empty"):
            samples(none).check(names)


def test_an_image_takes_forty_bytes() -> None:
    count = 20_000
    raw, labels = np.random.default_rng(0).bytes(32 * count), np.arange(count) % 2
    tracemalloc.start()
    try:
        packed = Samples(Digests.read(raw), labels)
        training = samples(packed, packed[:10])
        training.check(["a", "b"])
        both = joined_samples(training.train, training.validation)
        now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(both) == count + 10
    assert now < 41 * count + 10_000
    assert most < 80 * count + 10_000
