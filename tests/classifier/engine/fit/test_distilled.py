"""A student: which network it may be, what the teacher tells it, and a whole training of one."""

import csv
from pathlib import Path

import numpy as np
import pytest

from classifier.engine.backbones.efficientnet_lite0.students import (
    CUTS,
    bytes_of,
    parameters_of,
)
from classifier.engine.errors import BadData, InvalidConfig
from classifier.engine.files import sha256_of
from classifier.engine.fit.batch_size import Budget
from classifier.engine.fit.script.refusal import refusal
from classifier.engine.fit.student import chosen_student, measured_candidates, require_within
from classifier.engine.fit.teacher import Teacher, require_room
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.presets.distilled import Candidate
from classifier.engine.presets.rates import rates_of, require_rate
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.watch import Watch
from common.pixels import read_pixels
from tests.classifier.engine.file_pixels import FilePixels

PRESET = PRESETS["distilled"]
WEIGHTS = PRESET.weights.found(None)
TEN = [str(digit) for digit in range(10)]


class Quiet:
    """An observer who wants to hear nothing."""

    def stage(self, message):
        pass

    def progress(self, *told):
        pass

    def should_stop(self):
        return False

    def asked_to_finish(self):
        return ""


def test_files_are_as_large_as_was_said_before_and_a_little_smaller():
    for candidate in (PRESET.candidates(TEN)[0], PRESET.candidates(TEN)[4]):
        made = len(PRESET.untrained(candidate, 64, 10, WEIGHTS))
        assert 0.9 * candidate.bytes < made <= candidate.bytes
    sizes = [each.bytes for each in PRESET.candidates(TEN)]
    assert sizes == sorted(sizes)
    assert [each.blocks for each in PRESET.candidates(TEN)] == list(CUTS)


def test_the_largest_that_keeps_to_the_budget_is_chosen():
    config = checked_config("distilled", {"max_megabytes": 0.1, "image_size": 64})
    there = measured_candidates(PRESET, config, TEN, WEIGHTS, Watch(Quiet()))
    assert [each.bytes <= 100_000 for each in there] == [True] * len(there)
    assert all(each.milliseconds > 0 for each in there)
    assert chosen_student(there, config).bytes == max(each.bytes for each in there)
    slow = [Candidate(3, 50_000, 1.0), Candidate(4, 90_000, 2.5)]
    assert chosen_student(slow, checked_config("distilled", {"max_milliseconds": 2})).blocks == 3
    with pytest.raises(BadData, match=r"the fastest, of 3 blocks, takes 1\.00 ms"):
        chosen_student(slow, checked_config("distilled", {"max_milliseconds": 0.5}))


def test_long_names_of_classes_count():
    short = [str(number) for number in range(1000)]
    long = ["鳥" * 100 + name for name in short]
    config = checked_config("distilled", {"max_megabytes": 0.4})
    assert PRESET.small_enough(config, short)[0].blocks == 3
    with pytest.raises(InvalidConfig, match=r"smallest student for 1,000 classes has 0\.47 MB"):
        PRESET.small_enough(config, long)
    facts = ModelFacts(class_names=tuple(long), image_size=448, fit="pad", preset="distilled")
    said = len(facts.to_json().encode())
    assert 4 * parameters_of(3, 1000) + said < bytes_of(3, long)
    require_within(config, 400_000)
    with pytest.raises(BadData, match=r"has 0\.401 MB, which is more than max_megabytes 0\.4"):
        require_within(config, 401_000)


def test_answers_that_do_not_fit_are_refused_before_they_are_asked_for():
    require_room(100_000, 1000, Budget(1_000_000_000, "the memory"))
    with pytest.raises(BadData, match=r"to 300,000 images, 1,000 classes each, take 1\.2 GB"):
        require_room(300_000, 1000, Budget(1_000_000_000, "the memory"))


@pytest.fixture(scope="module")
def teacher(trained):
    """The file of a model that knows digits."""
    return trained[0].output_dir / "model.onnx"


def test_answers_are_kept_and_come_in_the_students_order(teacher, digits, tmp_path):
    contents = [path for path, _ in digits[1][:40]]
    names = TEN
    asked = Teacher(teacher, sha256_of(teacher), names, FilePixels(), tmp_path)
    found = asked.answers(contents, Watch(Quiet()))
    images = [read_pixels(Path(path), 16) for path in contents]
    assert np.allclose(found, Predictor.load(teacher).predict(images), atol=1e-6)

    class Blind:
        """Pixels that may not be asked for: what was kept is enough."""

        def rows(self, *asked):
            raise AssertionError("it is known already")

    again = Teacher(teacher, sha256_of(teacher), names, Blind(), tmp_path)
    assert np.array_equal(again.answers(contents[::-1], Watch(Quiet())), found[::-1])
    twice = [contents[3], contents[0], contents[3]]
    assert np.array_equal(again.answers(twice, Watch(Quiet())), found[[3, 0, 3]])
    turned = Teacher(teacher, sha256_of(teacher), names[::-1], FilePixels())
    assert np.allclose(turned.answers(contents, Watch(Quiet())), found[:, ::-1], atol=1e-6)
    other = Teacher(teacher, sha256_of(teacher), [*names[:9], "ten"], FilePixels())
    with pytest.raises(BadData, match="does not know the same classes"):
        other.answers(contents, Watch(Quiet()))


def test_what_needs_no_teacher_refuses_a_student_by_name():
    assert rates_of(PRESET) == []
    with pytest.raises(InvalidConfig, match="a range test does not ask"):
        require_rate(PRESET, PRESET.defaults, "learning_rate")
    assert "only Loupe can repeat it" in refusal(PRESET, PRESET.defaults)
    with pytest.raises(InvalidConfig, match="distilled has no setting 'self_training'"):
        checked_config("distilled", {"self_training": 0.9})
    assert set(PRESET.defaults.to_dict()) == set(PRESET.settings)


def test_a_student_learns_what_its_teacher_says_of_images_without_a_class(
    make_training, teacher, digits
):
    unlabelled = [path for path, _ in digits[0][100:320]]
    training = make_training(
        preset="distilled",
        config={
            "epochs": 6, "image_size": 32, "max_megabytes": 0.3, "seed": 3, "batch_size": 20,
            "learning_rate": 0.003,
        },
        teacher=str(teacher),
        train=digits[0][:100],
        unlabelled=unlabelled,
    )  # fmt: skip
    result = training.run()
    assert "error" not in result, result
    told = result["metrics"]["distillation"]
    assert (told["labelled"], told["unlabelled"]) == (100, 220)
    assert told["student"]["blocks"] == 5, "the largest of up to 0.3 MB"
    assert result["files"]["model.onnx"]["bytes"] <= told["student"]["bytes"]
    assert told["teacher_val_accuracy"] > 0.85
    assert result["metrics"]["val_accuracy"] > 0.5
    with (training.output_dir / "self_training.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["image_sha256"] for row in rows] == unlabelled
    asked = [event for event in training.events("progress") if event[3] == "Asking the teacher"]
    assert asked[-1][:2] == [400, 400], "train, unlabelled and validation images, once each"
