"""Images that an experiment leaves out, because their file can no longer be read: it goes on."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from classifier.engine.samples import Sample, TrainingSamples
from classifier.engine.target import Scores
from classifier.models import Experiment
from classifier.training.work.left_out import require_few
from datasets.errors import UnreadableImages
from jobs.handlers import JobContext

Found = TypeVar("Found")


class LeftOutOfFits:
    """What the fits of an experiment's job leave out: kept with it, so every later one does too.

    Fits that ended before are not repeated.
    """

    def __init__(self, context: JobContext, experiment: Experiment, whole: TrainingSamples) -> None:
        """`whole` are all images that its fits learn from or are measured on."""
        self.context = context
        self.whole = whole
        self._experiment = experiment
        self.reasons: dict[str, str] = dict(experiment.left_out)

    def of(self, samples: Sequence[Sample]) -> list[Sample]:
        """Return the samples that can be read, as far as is known."""
        return [each for each in samples if each[0] not in self.reasons]

    def spread(self, answers: Scores, samples: Sequence[Sample]) -> npt.NDArray[np.floating[Any]]:
        """Return answers to `of(samples)` as rows of all samples; nan where there is none."""
        here = np.array([content not in self.reasons for content, _ in samples], bool)
        found = np.full((len(samples), answers.shape[1]), np.nan)
        found[here] = answers
        return found

    def going_on(self, fit: Callable[[], Found]) -> Found:
        """Return what `fit` does; where it meets files that cannot be read, do it once more.

        Raises `UnreadableImages` where too much is gone: see `require_few`.
        """
        while True:
            try:
                return fit()
            except UnreadableImages as error:
                self._note(error)

    def _note(self, error: UnreadableImages) -> None:
        known = {content for content, _ in [*self.whole.train, *self.whole.validation]}
        new = {
            content: reason
            for content, reason in error.faults.items()
            if content in known and content not in self.reasons
        }
        if not new:
            raise error
        reasons = {**self.reasons, **new}
        require_few(self.whole, self.whole.without(reasons), UnreadableImages(reasons))
        with self.context.guard():
            Experiment.objects.filter(pk=self._experiment.pk).update(left_out=reasons)
        self.reasons = self._experiment.left_out = reasons
        self.context.log(f"{error.detail} It goes on without.")
