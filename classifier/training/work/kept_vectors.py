"""The vectors that a training learns from: kept ones, and those that it makes and keeps."""

import uuid
from collections.abc import Sequence

from classifier.embedding.work.make_vectors import VectorMaker
from classifier.engine.backbones.opened import OpenBackbone
from classifier.engine.fit.pretrained import Vectors
from classifier.engine.samples import Sample
from classifier.engine.watch import Watch
from jobs.handlers import JobContext


class KeptVectors:
    """An organization's vectors: `classifier.engine.fit.pretrained.VectorsOf`."""

    def __init__(self, context: JobContext, organization_id: uuid.UUID) -> None:
        self._context = context
        self._organization_id = organization_id

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
        watch.check()
        contents = [path.name for path, _ in samples]
        return list(maker.vectors(contents, "Vectors of the images"))
