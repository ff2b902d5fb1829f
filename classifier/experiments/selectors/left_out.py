"""Which images an experiment has left out, because their file can no longer be read."""

from typing import Any

from classifier.models import Experiment, TrainingRun
from datasets.models import Image

_NAMED = 100


def left_out_of(experiment: Experiment) -> dict[str, str]:
    """Return why, by content (SHA-256): those of its own fits and of its runs."""
    found: dict[str, str] = dict(experiment.left_out)
    runs = TrainingRun.objects.filter(
        member__experiment=experiment, metrics__unreadable__isnull=False
    )
    for told in runs.values_list("metrics__unreadable", flat=True):
        found |= {each["sha256"]: each["reason"] for each in told["images"]}
    return found


def told_of(experiment: Experiment) -> dict[str, Any] | None:
    """Return how many, and which, in the form of a run's `unreadable`; None without any.

    `{"count": …, "images": [{"sha256", "name", "reason"}, …]}`, 100 at most.
    """
    found = left_out_of(experiment)
    if not found:
        return None
    some = sorted(found)[:_NAMED]
    images = Image.objects.filter(dataset=experiment.dataset_version.dataset_id, sha256__in=some)
    names = dict(images.values_list("sha256", "name"))
    rows = [{"sha256": each, "name": names.get(each, ""), "reason": found[each]} for each in some]
    return {"count": len(found), "images": rows}
