"""Warm models are bounded in number and size; the least recently used leave."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from classifier.engine.fit.head import Head
from classifier.engine.formats.compose import write_composed
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.runtime.predictor import Predictor
from classifier.prediction.serving.model_cache import ModelCache
from tests.classifier.small_backbone import PIXELS, SIZE, WIDTH, write_backbone


def model_files(trained, tmp_path, count):
    """Files of the same network with different hashes: each has a `doc_string` of its own."""
    for number in range(count):
        path = tmp_path / f"{number}.onnx"
        path.write_bytes(trained.onnx.read_bytes() + b"\x32\x01" + str(number).encode())
        yield path, hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_least_recently_used_leaves(trained, tmp_path):
    cache = ModelCache(max_sessions=2, max_bytes=1 << 30)
    a, b, c = model_files(trained, tmp_path, 3)
    first, second = cache.get(*a), cache.get(*b)
    assert cache.get(*a) is first
    cache.get(*c)
    assert len(cache) == 2
    assert cache.get(*a) is first
    assert cache.get(*b) is not second


def test_bytes_are_bounded_and_one_model_always_stays(trained):
    cache = ModelCache(max_sessions=8, max_bytes=1)
    assert cache.get(trained.onnx, trained.sha256).class_names == ("blue", "green", "red")
    assert len(cache) == 1


@pytest.fixture
def heads(tmp_path):
    """Ten files of ten heads on one backbone, with their hashes."""
    write_backbone(tmp_path / "backbone.onnx")
    found = []
    for seed in range(10):
        head, path = Head.untrained(WIDTH, 3, seed), tmp_path / f"head-{seed}.onnx"
        names = tuple(f"{seed}-{number}" for number in range(3))
        facts = ModelFacts(class_names=names, image_size=SIZE, fit="stretch", preset="mobilenet_v2")
        write_composed(tmp_path / "backbone.onnx", head.kernel, head.bias, facts, path)
        found.append((path, hashlib.sha256(path.read_bytes()).hexdigest()))
    return found


def test_heads_share_the_session_of_their_backbone(heads):
    cache = ModelCache(max_sessions=1, max_bytes=1 << 30)
    with ThreadPoolExecutor(4) as pool:
        models = list(pool.map(lambda each: cache.get(*each), heads))
    assert (len(cache), cache.sessions) == (10, 1)
    assert len({id(model.backbone) for model in models}) == 1
    for (path, _), model in zip(heads, models, strict=True):
        whole = Predictor.load(path)
        assert (model.class_names, model.image_size) == (whole.class_names, whole.image_size)
        np.testing.assert_allclose(model.predict(PIXELS), whole.predict(PIXELS), atol=1e-5)
    assert model.predict([]).shape == (0, 3)


def test_a_network_of_another_session_makes_the_heads_leave(heads, trained):
    cache = ModelCache(max_sessions=1, max_bytes=1 << 30)
    for each in heads:
        cache.get(*each)
    cache.get(trained.onnx, trained.sha256)
    assert (len(cache), cache.sessions) == (1, 1)
