"""A model version ready to be asked about many contents: no HTTP, no Redis, one session."""

from collections.abc import Iterator, Sequence

import numpy as np

from classifier.engine.measure.decision import Rule
from classifier.engine.runtime.answers import answers_of
from classifier.engine.runtime.decider import Decider
from classifier.engine.runtime.views import joined
from classifier.engine.target import ImageAnswer
from classifier.models import BatchPrediction, Decision, ModelVersion
from classifier.models.decision import REFERENCES_FILE, with_vectors
from datasets.decoding.pixels.decoders import PixelDecoders, block_images
from jobs.handlers import JobFailed
from storage import durable
from storage.names import model_file_name

# Decoded while the network works on those before; the memory of each thread goes by it.
_PIECE = 32
# An answer, or why a file cannot be read.
Said = ImageAnswer | str


class Asker:
    """A version's served file and the batch's rule. Safe to call from several threads."""

    def __init__(self, batch: BatchPrediction) -> None:
        """Open the file; raises `BadModelFile`, `EngineError`, `JobFailed`."""
        # ONNX Runtime is for workers alone, as is everything that calls this.
        from classifier.engine.runtime.predictor import Predictor

        version = batch.model_version
        if version.served_file is None:
            raise JobFailed("bad_data", f"{version} has no file that answers any longer.")
        # A thread for each chunk: a call that used more would wait for the others'.
        predictor = Predictor.load(version.served_path, version.served_file["sha256"], threads=1)
        self._predictor, self._decider = predictor, _decider_of(batch, version)
        self._top_k, self._views = batch.top_k, predictor.views

    def answers(
        self, contents: Sequence[str], decoders: PixelDecoders
    ) -> Iterator[tuple[str, Said]]:
        """Yield what is said about each content (SHA-256), in their order."""
        most = min(_PIECE, *(block_images(view.size) for view in self._views))
        views = [decoders.blocks(contents, view.size, view.fit, most=most) for view in self._views]
        for blocks in zip(*views, strict=True):
            faults = {name: why for block in blocks for name, why in block.faults.items()}
            names = list(blocks[0].contents)
            kept = [place for place, name in enumerate(names) if name not in faults]
            pixels = joined([block.pixels[kept] for block in blocks])
            found = iter(answers_of(self._predictor, self._decider, self._top_k, pixels))
            for name in names:
                yield name, faults.get(name) or next(found)


def _decider_of(batch: BatchPrediction, version: ModelVersion) -> Decider | None:
    """Return what decides as it was settled at the start, None where nothing does."""
    if batch.rule is None:
        return None
    rule, name = Rule.from_json(batch.rule["content"]), batch.rule["name"]
    if not with_vectors(name):
        return Decider(rule, None)
    # Its rows are counted by the rule: another file would be read wrongly.
    now = Decision.objects.filter(model_version=version).first()
    vectors = (now.references or {}).get("sha256") if now is not None else None
    if vectors != batch.rule["vectors"]:
        raise JobFailed(
            "bad_data",
            f"The training vectors that decisions of {version} compare with have changed since "
            "this batch began: one of its training images was forgotten.",
            "Start the batch again: it is then decided as now.",
        )
    path = durable.local_content(model_file_name(version.pk, REFERENCES_FILE), vectors)
    return Decider(rule, np.load(path, mmap_mode="r"))
