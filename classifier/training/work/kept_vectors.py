"""The vectors that a training learns from: kept ones, and those that it makes and keeps."""

import uuid
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from classifier.embedding.work.make_vectors import VectorMaker
from classifier.engine.backbones.opened import OpenBackbone
from classifier.engine.fit.pretrained import Vectors
from classifier.engine.measure.flips import Flips, flips
from classifier.engine.samples import Sample, contents_of
from classifier.engine.target import Scores
from classifier.engine.watch import Watch
from datasets.errors import UnreadableImages
from datasets.models import DatasetVersion, Split, VectorSpace
from datasets.selectors.vectors import vectors_of_contents
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext

# Probabilities (n, classes) of vectors (n, width).
HeadOfFile = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
# Answers (n, classes) of a model file about the pixels of contents.
Ask = Callable[[Sequence[str]], Scores]
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
        contents = contents_of(samples)
        # In the watch's eyes, for the run's time limit; an embedding begins at the other end.
        maker.make(sorted(set(contents), reverse=True), watch.tick)
        return list(maker.vectors(contents))

    def flips(
        self, head: HeadOfFile, version: DatasetVersion, tested: Scores | None, ask: Ask
    ) -> Flips:
        """Compare what the file's head says of kept vectors with what the file says of the pixels.

        Looks at 256 images at most that have a vector: of the test split, whose answers `tested`
        holds (None: there is none), then of the validation split, which `ask` is asked about.
        """
        if self.space is None:
            raise RuntimeError("no head was fitted on kept vectors")
        kept, served = [], []
        if tested is not None:
            vectors, places, _ = self._known(version, Split.TEST, self.space, _COMPARED)
            kept.append(vectors)
            served.append(tested[places])
        lacking = _COMPARED - sum(len(each) for each in kept)
        vectors, _, contents = self._known(version, Split.VALIDATION, self.space, lacking)
        answers = _asked(ask, contents)
        if answers is not None:
            kept.append(vectors)
            served.append(answers)
        if not sum(len(each) for each in kept):
            return Flips(0, 0, 0.0)
        return flips(head(np.concatenate(kept)), np.concatenate(served))

    def of_validation(
        self, version: DatasetVersion, most: int
    ) -> tuple[npt.NDArray[np.float32], list[int]]:
        """Return kept vectors of up to `most` validation images, and the indices of their classes.

        Of those that have a vector.
        """
        if self.space is None:
            raise RuntimeError("no head was fitted on kept vectors")
        samples = samples_of(version, Split.VALIDATION, first=most)
        contents = [content for content, _ in samples]
        found = vectors_of_contents(self._organization_id, contents, self.space)
        missing = set(found.missing)
        known = np.array([content not in missing for content in contents], bool)
        labels = [index for content, index in samples if content not in missing]
        return found.values[known], labels

    def _known(
        self, version: DatasetVersion, split: Split, space: VectorSpace, most: int
    ) -> tuple[npt.NDArray[np.float32], list[int], list[str]]:
        """Return kept vectors of a split's first images, and the images' places and contents."""
        contents = [content for content, _ in samples_of(version, split, first=_COMPARED)]
        found = vectors_of_contents(self._organization_id, contents, space)
        missing = set(found.missing)
        places = [place for place, name in enumerate(contents) if name not in missing][:most]
        return found.values[places], places, [contents[place] for place in places]


def _asked(ask: Ask, contents: list[str]) -> Scores | None:
    """Return the answers; None of no images, and where a file is gone whose vector was kept."""
    try:
        return ask(contents) if contents else None
    except UnreadableImages:
        return None
