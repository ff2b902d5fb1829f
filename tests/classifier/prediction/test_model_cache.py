"""Warm models are bounded in number and size; the least recently used leave."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from classifier.engine.fit.head import Head
from classifier.engine.formats.compose import write_composed
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.runtime.predictor import Predictor, providers_here
from classifier.engine.runtime.together import Together
from classifier.prediction.serving.model_cache import ModelCache
from classifier.prediction.serving.model_process import PROGRAM, program_on
from tests.classifier.small_backbone import PIXELS, SIZE, WIDTH, write_backbone
from tests.conftest import wait_until


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
        assert (model.class_names, model.views) == (whole.class_names, whole.views)
        np.testing.assert_allclose(model.predict(PIXELS), whole.predict(PIXELS), atol=1e-5)
    assert model.predict([]).shape == (0, 3)


def test_a_network_of_another_session_makes_the_heads_leave(heads, trained):
    cache = ModelCache(max_sessions=1, max_bytes=1 << 30)
    for each in heads:
        cache.get(*each)
    cache.get(trained.onnx, trained.sha256)
    assert (len(cache), cache.sessions) == (1, 1)


class Counting:
    """A network that waits until it is let go, and writes down what it was asked at a time."""

    def __init__(self, network: Predictor) -> None:
        self.network, self.sizes = network, []
        self.class_names, self.views = network.class_names, network.views
        self.has_vectors = network.has_vectors
        self.asked, self.go = threading.Event(), threading.Event()

    def predict(self, images):
        self.sizes.append(len(images))
        self.asked.set()
        assert self.go.wait(30)
        return self.network.predict(images)


def test_what_waits_for_a_network_runs_in_one_batch(trained):
    alone = Predictor.load(trained.onnx, threads=1)
    network = Counting(alone)
    together = Together(network, most=6)
    size = alone.views[0].size
    calls = [np.full((count, size, size, 3), 20 * count, np.uint8) for count in (1, 2, 3, 4, 1)]
    with ThreadPoolExecutor(len(calls)) as pool:
        results = [pool.submit(together.predict, calls[0])]
        assert network.asked.wait(30)
        for number, call in enumerate(calls[1:], start=1):
            results.append(pool.submit(together.predict, call))
            wait_until(lambda n=number: len(together._waiting) == n, 30)
        network.go.set()
        answers = [result.result(30) for result in results]
    # The first went alone; 2 + 3 + 4 would be too many for one batch.
    assert network.sizes == [1, 5, 5]
    for call, answer in zip(calls, answers, strict=True):
        np.testing.assert_allclose(answer, alone.predict(call), atol=1e-5)
    assert together.predict([]).shape == (0, 3)
    # What goes wrong is told to who asked, and the next are answered.
    with pytest.raises(ValueError, match="uint8"):
        together.predict(calls[0].astype(np.float32))
    assert together.predict(calls[0]).shape == (1, 3)


def test_networks_on_processors_are_asked_alone_and_heads_share_a_batch_where_it_gains(heads):
    cache = ModelCache(max_sessions=2, max_bytes=1 << 30)
    assert isinstance(cache.get(*heads[0]).backbone, Predictor)
    joined = ModelCache(max_sessions=2, max_bytes=1 << 30, together=lambda _: True)
    first, second = (joined.get(*each) for each in heads[:2])
    assert isinstance(first.backbone, Together)
    assert first.backbone is second.backbone
    np.testing.assert_allclose(
        first.predict(PIXELS), cache.get(*heads[0]).predict(PIXELS), atol=1e-5
    )


def test_a_gpu_is_used_only_where_the_model_process_was_given_one(monkeypatch):
    assert program_on("") is PROGRAM
    assert PROGRAM.environment()["CUDA_VISIBLE_DEVICES"] == ""
    given = program_on("GPU-5a1c")
    assert given.environment()["CUDA_VISIBLE_DEVICES"] == "GPU-5a1c"
    assert given.memory_bytes is None
    # The ONNX Runtime of the tests has none to offer, whatever the environment says.
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert providers_here()[-1] == "CPUExecutionProvider"
