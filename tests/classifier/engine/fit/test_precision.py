"""Precision is measured once on a kind of machine and kept; fused steps are those of Keras."""

import pytest

from tests.classifier import forked

CHECKS = "tests.classifier.engine.fit.precision_checks"


def test_it_is_measured_once_and_kept_until_its_file_is_broken(tmp_path) -> None:
    folder = str(tmp_path / "measured")
    forked.run(f"{CHECKS}:measure_keep_and_measure_again", folder, log=tmp_path / "log.txt")


@pytest.mark.parametrize(("precision", "off"), [("float32", "1e-4"), ("bfloat16", "0.1")])
def test_a_fused_step_is_that_of_keras(precision: str, off: str, tmp_path) -> None:
    forked.run(f"{CHECKS}:compare_a_step", precision, off, log=tmp_path / "log.txt")
