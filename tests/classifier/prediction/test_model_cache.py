"""Warm models are bounded in number and size; the least recently used leave."""

import hashlib

from classifier.prediction.serving.model_cache import ModelCache


def model_files(trained, tmp_path, count):
    """Files of the same network with different hashes: each has a `doc_string` of its own."""
    for number in range(count):
        path = tmp_path / f"{number}.onnx"
        path.write_bytes(trained.onnx.read_bytes() + b"\x32\x01" + str(number).encode())
        yield path, hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_least_recently_used_leaves(trained, tmp_path):
    cache = ModelCache(max_models=2, max_bytes=1 << 30)
    a, b, c = model_files(trained, tmp_path, 3)
    first, second = cache.get(*a), cache.get(*b)
    assert cache.get(*a) is first
    cache.get(*c)
    assert len(cache) == 2
    assert cache.get(*a) is first
    assert cache.get(*b) is not second


def test_bytes_are_bounded_and_one_model_always_stays(trained):
    cache = ModelCache(max_models=8, max_bytes=1)
    assert cache.get(trained.onnx, trained.sha256).class_names == ("blue", "green", "red")
    assert len(cache) == 1
