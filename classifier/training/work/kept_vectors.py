"""The vectors that a training learns from: kept ones, and those that it makes and keeps."""

import uuid
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from classifier.embedding.work.make_vectors import VectorMaker
from classifier.engine.backbones.opened import OpenBackbone
from classifier.engine.fit.pretrained import Vectors
from classifier.engine.measure.flips import Flips, flips
from classifier.engine.samples import Sample
from classifier.engine.watch import Watch
from classifier.evaluation.services.store_report import Measurement
from datasets.models import DatasetVersion, Split, VectorSpace
from datasets.selectors.vectors import vectors_of_contents
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext

# Probabilities (n, classes) of vectors (n, width).
HeadOfFile = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
# Enough to tell half a percent from nothing.
_COMPARED = 256


class KeptVectors:
    """An organization's vectors: `classifier.engine.fit.pretrained.VectorsOf`."""

    def __init__(self, context: JobContext, organization_id: uuid.UUID) -> None:
        self._context = context
        self._organization_id = organization_id
        self.space: VectorSpace | None = None

    def __call__(
        self, backbone: OpenBackbone, samples: Sequence[Sample], twins: bool, watch: Watch
    ) -> list[Vectors]:
        """Return the vectors in the order of `samples`; with `twins` those of the mirror images."""
        maker = VectorMaker(
            self._context,
            organization_id=self._organization_id,
            backbone=backbone,
            twins=twins,
        )
        self.space = maker.spaces[0]
        contents = [content for content, _ in samples]
        # In the watch's eyes, for the run's time limit; an embedding begins at the other end.
        maker.make(sorted(set(contents), reverse=True), watch.tick)
        return list(maker.vectors(contents))

    def flips(self, head: HeadOfFile, version: DatasetVersion, measurement: Measurement) -> Flips:
        """Compare what the file's head says of kept vectors with what the file said of the pixels.

        Of the test images 256 at most are looked at, and those alone that have a vector.
        """
        if self.space is None:
            raise RuntimeError("no head was fitted on kept vectors")
        samples = samples_of(version, Split.TEST)[:_COMPARED]
        contents = [content for content, _ in samples]
        kept = vectors_of_contents(self._organization_id, contents, self.space)
        missing = set(kept.missing)
        known = [place for place, name in enumerate(contents) if name not in missing]
        if not known:
            return Flips(0, 0, 0.0)
        return flips(head(kept.values[known]), measurement.probabilities[known])
