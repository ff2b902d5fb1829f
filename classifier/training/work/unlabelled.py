"""The unlabelled images of a run: listed once, by its first attempt; runs on a worker."""

import json
from dataclasses import asdict, dataclass, field

from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.self_training import MOST_ASKED
from classifier.models import TrainingRun
from datasets.models import DatasetVersion
from datasets.selectors.unlabelled import images_left, unlabelled_images
from datasets.services.versions.unlabelled import Unlabelled, unlabelled_of
from jobs.handlers import JobContext
from storage import durable
from storage.names import run_file_name

LIST_FILE = "unlabelled.json"


@dataclass(frozen=True)
class Asked:
    """Contents that a run may ask its model about; `left_out` says why others are not among them.

    By reason: `held_out` and `beyond` as `Unlabelled` counts them, `deleted` since the list was
    made. `unreadable` are contents that could not even be compared with held-out images.
    """

    contents: list[str]
    left_out: dict[str, int]
    unreadable: list[str] = field(default_factory=list)


def unlabelled_of_run(context: JobContext, run: TrainingRun, config: PresetConfig) -> Asked:
    """Return what the run may ask its model, or its teacher, about; nothing if it does not want to.

    An image that got a class since the list was made stays: a resumed training goes on with the
    images that it began with, but for those that were deleted.
    """
    if not config.learns_unlabelled:
        return Asked([], {})
    name = run_file_name(run.pk, LIST_FILE)
    try:
        listed = Unlabelled(**json.loads(durable.read(name)))
    except FileNotFoundError:
        listed = _listed(context, run.dataset_version)
        durable.write(name, [json.dumps(asdict(listed)).encode()])
    left = images_left(run.dataset_version, listed.contents)
    found = {
        "held_out": listed.held_out,
        "beyond": listed.beyond,
        "deleted": len(listed.contents) - len(left),
    }
    told = {reason: count for reason, count in found.items() if count}
    return Asked(left, told, images_left(run.dataset_version, listed.unreadable))


def _listed(context: JobContext, version: DatasetVersion) -> Unlabelled:
    if not unlabelled_images(version).exists():
        return Unlabelled([], 0, 0, 0)
    progress = context.step("images", "Comparing unlabelled images with those kept for tests")
    return unlabelled_of(version, MOST_ASKED, progress)
