"""Vectors of images, as the network that answers has them: of kept predictions, and of test images.

Nothing of them is stored: a kept image may go at any time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.utils import timezone

from classifier.engine.runtime.decider import unit_rows
from classifier.models import DriftCheck, KeptPrediction
from classifier.monitoring.selectors.reference import LEAST
from datasets.decoding.pixels.decoders import PixelDecoders
from jobs.handlers import JobContext
from storage import durable
from storage.names import blob_name

if TYPE_CHECKING:
    from classifier.engine.runtime.predictor import Predictor

# Of more images as many are taken.
_MOST = 600


@dataclass(frozen=True)
class Found:
    """Vectors (n, width) of length 1, and what each is of.

    `remark` says how many there would be, where some images are gone.
    """

    names: list[str]
    vectors: npt.NDArray[np.float32]
    remark: str = ""


@dataclass(frozen=True)
class Lacking:
    """Why images cannot be compared, in a sentence."""

    detail: str


class ImageVectors:
    """Reads images and asks the check's version for their vectors."""

    def __init__(self, context: JobContext, check: DriftCheck) -> None:
        self._context = context
        self._check = check
        self._predictor: Predictor | None = None

    def of_predictions(self, ids: Sequence[str], what: str) -> Found | Lacking:
        """Return those of the predictions whose images are kept; `what` they are, in words."""
        kept = KeptPrediction.objects.filter(
            prediction__in=[UUID(name) for name in ids],
            organization=self._check.organization,
            expires_at__gt=timezone.now(),
            deleted_at=None,
        )
        files = {str(row.prediction_id): row.file_names[0] for row in kept.order_by("pk")[:_MOST]}
        if len(files) < LEAST:
            return Lacking(
                f"Images were not compared. Of {what}, {len(files)} of {len(ids)} images are kept; "
                f"at least {LEAST} are needed. An admin of {self._check.organization} can have "
                "predictions kept."
            )
        with durable.borrowed(list(files.values())) as paths:
            places = dict(zip(files, paths, strict=True))
            found = self._read(sorted(files), places.__getitem__, what)
        wanted = min(len(ids), _MOST)
        if isinstance(found, Found) and len(found.names) < wanted:
            remark = f"Of {what}, {len(found.names)} of {wanted} images are still kept."
            return replace(found, remark=remark)
        return found

    def of_contents(self, contents: Sequence[str]) -> Found | Lacking:
        """Return the vectors of test images."""
        # Contents come by hash, so the first are drawn by chance.
        chosen = list(contents[:_MOST])
        return self._read(chosen, lambda name: durable.local(blob_name(name)), "the test split")

    def _read(
        self, names: Sequence[str], locate: Callable[[str], Path], what: str
    ) -> Found | Lacking:
        predictor = self._loaded()
        if predictor is None or not predictor.has_vectors:
            return Lacking(
                "Images were not compared. The file of this version gives no vectors to compare."
            )
        view = predictor.views[0]
        step = self._context.step("images", f"Looking at images: {what}")
        read: list[str] = []
        vectors = []
        with PixelDecoders(locate) as decoders:
            for block in decoders.blocks(names, view.size, view.fit):
                readable, pixels = block.readable()
                for start in range(0, len(readable), 32):
                    _, found = predictor.predict_with_vectors(pixels[start : start + 32])
                    vectors.append(unit_rows(found))
                    read += readable[start : start + 32]
                    step(len(read), len(names))
        if len(read) < LEAST:
            return Lacking(
                f"Images were not compared. Of {what} {len(read)} of {len(names)} images "
                "can be read."
            )
        return Found(read, np.concatenate(vectors))

    def _loaded(self) -> "Predictor | None":
        # ONNX Runtime is for this process alone.
        from classifier.engine.runtime.predictor import Predictor

        version = self._check.model_version
        if self._predictor is None and version.served_file is not None:
            self._predictor = Predictor.load(version.served_path, version.served_file["sha256"])
        return self._predictor
