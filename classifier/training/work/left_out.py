"""Images whose file can no longer be read: a run leaves them out, and says which."""

from collections.abc import Callable, Sequence
from typing import Any

from classifier.engine.outcome import TrainingOutcome
from classifier.engine.presets.config import PresetConfig
from classifier.engine.samples import TrainingSamples, contents_of, labels_of
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
        # Samples, of which two may have one content.
        self._gone = dict.fromkeys(_PARTS, 0)

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
        some = sorted(self._reasons)[:_NAMED]
        images = Image.objects.filter(dataset=version.dataset_id, sha256__in=some)
        names = dict(images.values_list("sha256", "name"))
        rows = [
            {
                "sha256": sha256,
                "name": names.get(sha256, ""),
                "part": self._parts[sha256],
                "reason": self._reasons[sha256],
            }
            for sha256 in some
        ]
        return {"count": len(self._reasons), "images": rows}

    def _without(self, samples: TrainingSamples, error: UnreadableImages) -> TrainingSamples:
        """Note what the error names, and return the samples without it.

        Raises it where that is none of them, or too many: see `fitted`.
        """
        left = samples.without(error.faults)
        found = 0
        for part in _PARTS:
            contents = _contents(samples, part)
            here = [content for content in contents if content in error.faults]
            total = len(contents) + self._gone[part]
            self._gone[part] += len(here)
            found += len(here)
            if part != "unlabelled" and self._gone[part] > max(1, MOST_LEFT_OUT * total):
                raise error
            self._parts |= dict.fromkeys(here, part)
            self._reasons |= {content: error.faults[content] for content in here}
        lost = set(labels_of(samples.train).tolist()) - set(labels_of(left.train).tolist())
        if not found or lost or (len(samples.validation) and not len(left.validation)):
            raise error
        self._context.log(f"{error.detail} It goes on without.")
        return left


def _contents(samples: TrainingSamples, part: str) -> Sequence[str]:
    if part == "unlabelled":
        return samples.unlabelled
    return contents_of(samples.train if part == "train" else samples.validation)
