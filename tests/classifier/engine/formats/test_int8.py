"""A served file with 8-bit convolutions: what it answers, and what the check says of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.engine.errors import Unreadable
from classifier.engine.formats.int8 import write_int8
from classifier.engine.measure.fast_mode import FastCheck
from classifier.engine.measure.flips import flips
from classifier.engine.runtime.predictor import Predictor
from common.pixels import read_pixels
from tests.classifier.fast_files import CHECK


def test_eight_bits_answer_as_the_served_file_does(trained, digits, tmp_path):
    path, output = trained[0].output_dir / "model.onnx", tmp_path / "model.int8.onnx"
    served = Predictor.load(path)

    def pixels(samples):
        files = [Path(each) for each, _ in samples]
        return np.stack([read_pixels(file.read_bytes(), served.views[0].size) for file in files])

    written = write_int8(path, output, pixels(digits[0][:48]), pixels(digits[0][48:148]))
    assert 0 < written.left_float < written.convolutions
    assert [each.name for each in tmp_path.iterdir()] == [output.name]
    fast, test = Predictor.load(output), pixels(digits[1])
    assert (fast.class_names, fast.views) == (served.class_names, served.views)
    found = flips(served.predict(test), fast.predict(test))
    assert (found.images, found.flipped <= 4) == (200, True)
    assert 0 < found.largest_difference < 0.5


def test_a_check_refuses_with_its_figures():
    assert CHECK.refusal == ""
    assert CHECK.times_faster == pytest.approx(1.6)
    flipping = replace(CHECK, flipped=4)
    assert flipping.refusal == (
        "4 of 600 test images (0.67 %) get another answer; at most 0.50 % may."
    )
    slow = replace(CHECK, fast_ms=9.0)
    assert slow.refusal.startswith("int8 isn't faster here: 9.0 ms of a core for an image")
    assert len(replace(flipping, fast_ms=9.0).refusal) > len(slow.refusal)
    assert FastCheck.from_json(CHECK.to_json()) == CHECK
    with pytest.raises(Unreadable):
        FastCheck.from_json({**CHECK.to_json(), "schema": 9})
