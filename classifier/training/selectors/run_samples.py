"""The pictures that a training run shows of its images, as its network sees them."""

import json
from dataclasses import dataclass

from accounts.selectors.sharing import may_read
from classifier.models import TrainingRun
from common.errors import NotFound
from common.fit import Fit, stored_fit
from storage import durable
from storage.names import run_file_name

FACTS_FILE = "samples.json"


@dataclass(frozen=True)
class RunSamples:
    """What was drawn: pictures number 0 to len(class_names) − 1, each of the class of its place."""

    augmentation: str
    image_size: int
    class_names: list[str]
    fit: Fit


def samples_shown(run: TrainingRun) -> RunSamples | None:
    """Return what the run's trainer drew at its start; None before that, and for older runs.

    None too where it drew what another organization shared, and no longer does.
    """
    if not may_read(run.organization, run.dataset_version.dataset.subject):
        return None
    try:
        facts = json.loads(durable.read(run_file_name(run.pk, FACTS_FILE)))
    except FileNotFoundError:
        return None
    return RunSamples(**{**facts, "fit": stored_fit(facts)})


def picture_name(run: TrainingRun, number: int) -> str:
    """Return the name of a picture, whether or not it is there."""
    return run_file_name(run.pk, f"{number}.webp")


def picture_of(run: TrainingRun, number: int) -> bytes:
    """Return one picture as WebP; raises `NotFound` where there is none of that number to see."""
    if samples_shown(run) is None:
        raise NotFound("This run has no sample images to see.")
    try:
        return durable.read(picture_name(run, number))
    except FileNotFoundError:
        raise NotFound("This run has no sample image of that number.") from None
