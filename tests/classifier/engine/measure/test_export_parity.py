"""What is said of an exported file's answers."""

from dataclasses import replace

from classifier.engine.measure.export_parity import FLOAT, ROUNDED, ExportParity

FOUND = ExportParity(
    images=600, split="test", accuracy=0.98, accuracy_change=-0.005, flipped=6,
    largest_difference=0.2, latency_ms=3.5, tolerance=ROUNDED,
    compressed_bytes=4, calibrated_on=200, sparsity=0.0,
)  # fmt: skip


def test_rounded_numbers_may_flip_one_answer_in_a_hundred() -> None:
    assert FOUND.passed
    flipping = replace(FOUND, flipped=7)
    assert not flipping.passed
    assert flipping.refusal == (
        "7 of 600 test images (1.2 %) get another answer than from the served file; "
        "at most 1 % may."
    )
    assert FOUND.words == (
        "6 of 600 test images get another answer than from the served file; probabilities differ "
        "by up to 0.2. Accuracy 98.0 %, -0.5 points."
    )


def test_float_numbers_may_move_a_probability_by_a_thousandth() -> None:
    exact = replace(FOUND, tolerance=FLOAT, flipped=0, largest_difference=1e-3)
    assert exact.passed
    assert "differs by 0.0011 from" in replace(exact, largest_difference=1.1e-3).refusal
    assert not replace(exact, largest_difference=float("nan")).passed
    assert ExportParity.from_json(exact.to_json()) == exact


def test_a_file_of_before_is_read_as_what_it_was() -> None:
    old = ExportParity.from_json({"max_abs_difference": 4e-7, "tolerance": 1e-5, "images": 16})
    assert (old.images, old.split, old.flipped, old.accuracy) == (16, "train", None, None)
    assert old.passed
    assert old.words == "Probabilities differ by up to 4.0e-07."
