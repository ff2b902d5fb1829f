"""The pictures that a training run shows of its images, as its network sees them."""

import json
from dataclasses import dataclass
from pathlib import Path

from classifier.models import TrainingRun
from common import storage
from common.errors import NotFound

FACTS_FILE = "samples.json"


@dataclass(frozen=True)
class RunSamples:
    """What was drawn: pictures number 0 to len(class_names) − 1, each of the class of its place."""

    augmentation: str
    image_size: int
    class_names: list[str]


def samples_shown(run: TrainingRun) -> RunSamples | None:
    """Return what the run's trainer drew at its start; None before that, and for older runs."""
    try:
        facts = json.loads((storage.run_dir(run.pk) / FACTS_FILE).read_bytes())
    except FileNotFoundError:
        return None
    return RunSamples(**facts)


def picture_path(run: TrainingRun, number: int) -> Path:
    """Return where a picture lies, whether or not it is there."""
    return storage.run_dir(run.pk) / f"{number}.webp"


def picture_of(run: TrainingRun, number: int) -> bytes:
    """Return one picture as WebP; raises `NotFound` where there is none of that number."""
    try:
        return picture_path(run, number).read_bytes()
    except FileNotFoundError:
        raise NotFound("This run has no sample image of that number.") from None
