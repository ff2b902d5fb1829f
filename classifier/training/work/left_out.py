"""Images whose file can no longer be read: a run leaves them out, and says which."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from classifier.engine.outcome import TrainingOutcome
from classifier.engine.presets.config import PresetConfig
from classifier.engine.samples import Sample, TrainingSamples, contents_of, labels_of
from classifier.engine.target import Scores
from classifier.models import EpochAnswers, EpochMetrics, TrainingRun
from datasets.decoding.pixels.store import PixelStore
from datasets.errors import UnreadableImages
from datasets.models import DatasetVersion, Image
from jobs.handlers import JobContext

# Of a labelled part; with more it is the disk that is broken, not an image.
MOST_LEFT_OUT = 0.1
_NAMED = 100
_PARTS = ("train", "validation", "unlabelled")


class LeftOut:
    """What a run leaves out, by part of its samples: train, validation, unlabelled."""

    def __init__(self, context: JobContext, unlabelled: Sequence[str] = ()) -> None:
        """`unlabelled` are contents that are known not to be readable, and no samples."""
        self._context = context
        self._reasons = dict.fromkeys(unlabelled, "It could not be compared with test images.")
        self._parts = dict.fromkeys(unlabelled, "unlabelled")
        self._whole: TrainingSamples | None = None

    def __bool__(self) -> bool:
        return bool(self._reasons)

    def fitted(
        self,
        run: TrainingRun,
        samples: TrainingSamples,
        fit: Callable[[TrainingSamples], TrainingOutcome],
    ) -> TrainingOutcome:
        """Fit; where files cannot be read, once more without them, as if it had begun so.

        Raises `UnreadableImages` where more than a tenth of a labelled part is gone, all of it, or
        the last train image of a class.
        """
        while True:
            try:
                return fit(samples)
            except UnreadableImages as error:
                samples = self._without(samples, error)
            with self._context.guard():
                EpochMetrics.objects.filter(run=run).delete()
                EpochAnswers.objects.filter(run=run).delete()

    def unread_unlabelled(
        self, samples: TrainingSamples, pixels: PixelStore, config: PresetConfig
    ) -> TrainingSamples:
        """Return the samples without unlabelled images that cannot be read.

        A network is asked about these after its first fit, which would be done once more.
        """
        if not samples.unlabelled:
            return samples
        reading = self._context.step("images", "Reading the unlabelled images")
        faults = pixels.unreadable(samples.unlabelled, config.pixels_side, config.fit, reading)
        return self._without(samples, UnreadableImages(faults)) if faults else samples

    def told(self, version: DatasetVersion) -> dict[str, Any]:
        """Return how many, and which of them, as JSON.

        `{"count": …, "images": [{"sha256", "name", "part", "reason"}, …]}`, 100 at most.
        """
        return _told(version, self._reasons, self._parts)

    def _without(self, samples: TrainingSamples, error: UnreadableImages) -> TrainingSamples:
        """Note what the error names, and return the samples without it.

        Raises it where that is none of them, or too many: see `require_few`.
        """
        self._whole = self._whole or samples
        left = samples.without(error.faults)
        found = {
            content: part
            for part in _PARTS
            for content in _contents(samples, part)
            if content in error.faults
        }
        if not found:
            raise error
        require_few(self._whole, left, error)
        self._parts |= found
        self._reasons |= {content: error.faults[content] for content in found}
        self._context.log(f"{error.detail} It goes on without.")
        return left


def require_few(whole: TrainingSamples, left: TrainingSamples, error: UnreadableImages) -> None:
    """Raise the error where what is `left` of the labelled samples is too little to go on with.

    More than a tenth of a part is gone, all of it, or the last train image of a class.
    """
    for part in ("train", "validation"):
        # Samples, of which two may have one content.
        total = len(_contents(whole, part))
        if total - len(_contents(left, part)) > max(1, MOST_LEFT_OUT * total):
            raise error
    lost = set(labels_of(whole.train).tolist()) - set(labels_of(left.train).tolist())
    if lost or (len(whole.validation) and not len(left.validation)):
        raise error


def answers_to_readable(
    context: JobContext,
    run: TrainingRun,
    metrics: dict[str, Any],
    held: Sequence[Sample],
    ask: Callable[[list[str]], Scores],
) -> Scores:
    """Return what `ask` answers to the contents of samples (n, classes) that no fit learned from.

    Rows of nan are of those whose file cannot be read; `metrics` then names them under
    `unreadable`, as part `held`. Raises `UnreadableImages` where that is more than a tenth, or all.
    """
    contents = [content for content, _ in held]
    faults: dict[str, str] = {}
    while True:
        here = np.array([content not in faults for content in contents], bool)
        try:
            found = ask([content for content in contents if content not in faults])
            break
        except UnreadableImages as error:
            faults |= {name: why for name, why in error.faults.items() if name in set(contents)}
            gone = sum(content in faults for content in contents)
            too_many = gone > max(1, MOST_LEFT_OUT * len(contents)) or gone == len(contents)
            if gone == int((~here).sum()) or too_many:
                raise
            context.log(f"{error.detail} It goes on without.")
    if faults:
        before = metrics.get("unreadable", {"count": 0, "images": []})
        known = {each["sha256"] for each in before["images"]}
        new = {name: why for name, why in faults.items() if name not in known}
        told = _told(run.dataset_version, new, dict.fromkeys(new, "held"))
        metrics["unreadable"] = {
            "count": before["count"] + told["count"],
            "images": (before["images"] + told["images"])[:_NAMED],
        }
    answers = np.full((len(contents), found.shape[1]), np.nan)
    answers[here] = found
    return answers


def _told(
    version: DatasetVersion, reasons: Mapping[str, str], parts: Mapping[str, str]
) -> dict[str, Any]:
    some = sorted(reasons)[:_NAMED]
    images = Image.objects.filter(dataset=version.dataset_id, sha256__in=some)
    names = dict(images.values_list("sha256", "name"))
    rows = [
        {
            "sha256": sha256,
            "name": names.get(sha256, ""),
            "part": parts[sha256],
            "reason": reasons[sha256],
        }
        for sha256 in some
    ]
    return {"count": len(reasons), "images": rows}


def _contents(samples: TrainingSamples, part: str) -> Sequence[str]:
    if part == "unlabelled":
        return samples.unlabelled
    return contents_of(samples.train if part == "train" else samples.validation)
