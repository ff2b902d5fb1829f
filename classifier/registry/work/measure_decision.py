"""Measure what a version's decisions are told from: validation answers and training vectors."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from classifier.engine.errors import BadModelFile
from classifier.engine.files import facts_of
from classifier.engine.measure.decision import MOST_REFERENCES
from classifier.engine.measure.decision_answers import gathered
from classifier.engine.runtime.decider import distances, unit_rows
from classifier.engine.runtime.views import rows_of, shape_of
from classifier.engine.samples import Rows, Sample
from classifier.evaluation.services.record_refused_file import record_refused_file
from classifier.evaluation.work.measure import READING
from classifier.failures import engine_failures, require_shared
from classifier.models import Decision, ModelVersion
from classifier.models.decision import REFERENCES_FILE
from classifier.registry import kinds
from classifier.registry.services.decision import Measured, store_measured
from datasets.decoding.pixels.store import PixelStore, open_pixels
from datasets.models import Split
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext, JobFailed, handles

if TYPE_CHECKING:
    from classifier.engine.runtime.predictor import Probabilities, Vectors

# Vectors of more numbers are kept of fewer images.
_MOST_BYTES = 32 << 20
_BATCH = 32


@handles(kinds.DECISION)
def measure_decision(context: JobContext) -> None:
    """Ask the served file; in one transaction what was measured, the rule, the job's end."""
    row = Decision.objects.select_related(
        "model_version__dataset_version__dataset__organization",
        "model_version__model__organization",
    ).get(job=context.job)
    version = row.model_version
    if version.model.organization is not None and version.dataset_version is not None:
        require_shared(version.model.organization, version.dataset_version.dataset.subject)
    with engine_failures(context), open_pixels(context.log) as pixels:
        try:
            measured = _Measuring(context, version, pixels).measured()
        except BadModelFile as error:
            record_refused_file(version=version, actor=row.changed_by, reason=error.detail)
            raise
    url = f"/api/v1/model-versions/{version.pk}/decision/"
    with context.finish("decision", row.pk, url=url):
        store_measured(version=version, measured=measured)


class _Measuring:
    def __init__(self, context: JobContext, version: ModelVersion, pixels: PixelStore) -> None:
        # ONNX Runtime is for this process alone.
        from classifier.engine.runtime.predictor import Predictor

        if version.served_file is None or version.dataset_version is None:
            raise JobFailed("bad_data", f"{version} has no file or no images of its own.")
        self._context = context
        self._pixels = pixels
        self._images = version.dataset_version
        self._predictor = Predictor.load(version.served_path, version.served_file["sha256"])

    def measured(self) -> Measured:
        """Return the answers about the validation split, with distances where there are vectors."""
        validation = samples_of(self._images, Split.VALIDATION)
        asked = [sha256 for sha256, _ in validation]
        truth = np.array([index for _, index in validation], np.int64)
        if not self._predictor.has_vectors:
            rows = self._rows(asked)
            step = self._context.step("images", "Asking about the validation split")
            return Measured(answers=gathered(self._predictor.predict_rows(rows, step), truth, None))
        kept = some_of_each_class(samples_of(self._images, Split.TRAIN), self._most())
        contents = [sha256 for sha256, _ in kept]
        path = self._context.output_dir / REFERENCES_FILE
        parts = [unit_rows(vectors) for _, vectors in self._batches(contents, "train")]
        references = np.concatenate(parts)
        np.save(path, references)
        found = [
            (answers, distances(vectors, references))
            for answers, vectors in self._batches(asked, "validation")
        ]
        answers, far = (np.concatenate(part) for part in zip(*found, strict=True))
        counts = np.bincount([index for _, index in kept], minlength=len(self._images.class_names))
        return Measured(
            answers=gathered(answers, truth, far),
            starts=[0, *np.cumsum(counts).tolist()],
            contents=b"".join(map(bytes.fromhex, contents)),
            path=path,
            facts=facts_of(path),
        )

    def _most(self) -> int:
        image = np.zeros((1, *shape_of(self._predictor.views)), np.uint8)
        _, vectors = self._predictor.predict_with_vectors(image)
        return max(1, min(MOST_REFERENCES, _MOST_BYTES // vectors[0].nbytes))

    def _rows(self, contents: Sequence[str]) -> Rows:
        reading = self._context.step("images", READING)
        return rows_of(self._pixels, contents, self._predictor.views, reading)

    def _batches(
        self, contents: Sequence[str], split: str
    ) -> "Iterator[tuple[Probabilities, Vectors]]":
        """Yield probabilities and vectors of the images, a few at a time, in their order."""
        rows = self._rows(contents)
        step = self._context.step("images", f"Asking about the {split} split")
        done = 0
        for pixels in rows.batches(np.arange(len(rows)), _BATCH):
            yield self._predictor.predict_with_vectors(pixels)
            done += len(pixels)
            step(done, len(rows))


def some_of_each_class(samples: Sequence[Sample], most: int) -> list[Sample]:
    """Return up to `most` samples by class, as many of each as there is room for.

    The first of each: samples come by hash, so by chance.
    """
    by_class: defaultdict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_class[sample[1]].append(sample)
    room, chosen = most, []
    smallest_first = sorted(by_class.values(), key=len)
    for number, of_class in enumerate(smallest_first):
        share = of_class[: room // (len(smallest_first) - number)]
        chosen.append(share)
        room -= len(share)
    return sorted((sample for share in chosen for sample in share), key=lambda each: each[1])
