"""Which network may be the student: the largest that keeps to the budget, as measured here."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from classifier.engine.errors import BadData
from classifier.engine.presets.distilled import (
    MEGABYTE,
    Candidate,
    DistilledConfig,
    DistilledPreset,
)
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.speed import milliseconds
from classifier.engine.watch import Watch

_IMAGES, _TURNS = 4, 5


def measured_candidates(
    preset: DistilledPreset,
    config: DistilledConfig,
    class_names: Sequence[str],
    weights: Path,
    watch: Watch,
) -> list[Candidate]:
    """Return the networks whose files are small enough, with the time that they take here.

    Raises InvalidConfig where no file is small enough.
    """
    watch.begin("Measuring the networks that may be the student")
    found = preset.small_enough(config, class_names)
    shape = (_IMAGES, config.image_size, config.image_size, 3)
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    measured = []
    for number, each in enumerate(found, 1):
        content = preset.untrained(each, config.image_size, len(class_names), weights)
        [taken] = milliseconds([Predictor.of(content, threads=1)], [images], _TURNS)
        measured.append(replace(each, milliseconds=taken))
        watch.tick(number, len(found), unit="networks")
    return measured


def require_within(config: DistilledConfig, size: int) -> None:
    """Raise BadData where a file of ``size`` bytes is larger than the settings allow."""
    if size > config.max_megabytes * MEGABYTE:
        raise BadData(
            f"The student's file has {size / MEGABYTE:.3f} MB, which is more than max_megabytes "
            f"{config.max_megabytes:g}.",
            "Allow more (max_megabytes).",
        )


def chosen_student(candidates: Sequence[Candidate], config: DistilledConfig) -> Candidate:
    """Return the largest candidate that is fast enough.

    Raises BadData, which names the fastest, where none is.
    """
    fitting = [each for each in candidates if each.is_fast_enough(config)]
    if fitting:
        return max(fitting, key=lambda each: each.bytes)
    fastest = min(candidates, key=lambda each: each.milliseconds or 0.0)
    raise BadData(
        f"No student keeps to {config.max_milliseconds:g} ms on this worker: the fastest, of "
        f"{fastest.blocks} blocks, takes {fastest.milliseconds or 0.0:.2f} ms for an image of "
        f"{config.image_size} × {config.image_size} pixels.",
        "Choose a smaller image size (image_size), or more time (max_milliseconds).",
    )
