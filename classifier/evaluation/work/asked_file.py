"""A version's file that is asked about images: by kept vectors where it may, else by pixels."""

import uuid
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from classifier.engine.errors import BadModelFile
from classifier.engine.fit.head import Head
from classifier.engine.formats.facts import SKOPS_FILE
from classifier.engine.runtime.views import pixels_in, rows_of
from classifier.engine.target import Scores
from classifier.evaluation.work.measure import READING
from classifier.models import ModelVersion
from datasets.decoding.pixels.store import PixelStore
from datasets.models import VectorSpace
from datasets.selectors.vectors import content_blocks, lacking, vectors_of_contents
from jobs.handlers import JobContext, JobFailed

# Images that the file is asked about both ways. Vectors are kept in float16, which moves a
# probability by 0.0002; those of another network move it anywhere.
_PROBED, _SAME = 8, 0.002
HeadOfFile = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]


class AskedFile:
    """The served file of a version, verified when it is opened, with `class_names`.

    `from_vectors` counts the images that were answered without reading them.
    """

    def __init__(
        self,
        context: JobContext,
        version: ModelVersion,
        organization_id: uuid.UUID,
        pixels: PixelStore,
    ) -> None:
        """Open it; raises `BadModelFile`."""
        # ONNX Runtime is for workers alone, as is everything that calls this.
        from classifier.engine.runtime.predictor import Predictor

        if version.served_file is None:
            raise JobFailed("bad_data", "The model version has no model file yet.")
        self._context = context
        self._organization_id = organization_id
        self._pixels = pixels
        self._predictor = Predictor.load(version.served_path, version.served_file["sha256"])
        self._head = _head_of(version)
        self._probed: dict[int, bool] = {}
        self.class_names = self._predictor.class_names
        self.from_vectors = 0

    def answers(self, contents: Sequence[str], message: str) -> Scores:
        """Return probabilities (n, classes) of contents (SHA-256), in their order.

        `message` is what the job says meanwhile. Raises `UnreadableImage`, and as the context does.
        """
        progress = self._context.step("images", message)
        if self._head is not None:
            for space in self._spaces():
                if self._may_use(space, contents, self._head):
                    found = self._of_vectors(space, contents, self._head, progress)
                    if found is not None:
                        return found
        reading = self._context.step("images", READING)
        rows = rows_of(self._pixels, contents, self._predictor.views, reading)
        return self._predictor.predict_rows(rows, progress)

    def _spaces(self) -> Sequence[VectorSpace]:
        """Return the spaces of vectors that may be those of the file's network."""
        if len(self._predictor.views) != 1 or not self._predictor.has_vectors:
            return []
        [view] = self._predictor.views
        found = VectorSpace.objects.filter(size=view.size, fit=view.fit, mirrored=False)
        return list(found.filter(precision="float32").order_by("-pk"))

    def _may_use(self, space: VectorSpace, contents: Sequence[str], head: HeadOfFile) -> bool:
        """Whether all have a vector there, and the file says of some pixels what it says of these.

        The space's name says of which weights the vectors are; the file does not.
        """
        if not contents or lacking(self._organization_id, contents, space):
            return False
        if space.pk not in self._probed:
            places = np.linspace(0, len(contents) - 1, min(_PROBED, len(contents))).astype(int)
            some = [contents[place] for place in places]
            images = pixels_in(self._pixels, some, self._predictor.views)
            answers, vectors = self._predictor.predict_with_vectors(images)
            kept = vectors_of_contents(self._organization_id, some, space).values
            fits = vectors.shape[1] == space.width
            self._probed[space.pk] = fits and self._alike(answers, head(kept))
        return self._probed[space.pk]

    def _alike(self, answers: Scores, of_kept: Scores) -> bool:
        difference = float(np.abs(of_kept - answers).max())
        if difference > _SAME:
            return False
        self._context.log(
            f"Answers come from kept vectors: those of {len(answers)} images differ by up to "
            f"{difference:.1g} from the ones by their pixels."
        )
        return True

    def _of_vectors(
        self,
        space: VectorSpace,
        contents: Sequence[str],
        head: HeadOfFile,
        progress: Callable[[int, int], None],
    ) -> Scores | None:
        """Return the answers; None where a vector went while they were read."""
        answers = np.zeros((len(contents), len(self.class_names)), np.float32)
        done = 0
        for places, vectors in content_blocks(self._organization_id, contents, space):
            answers[places] = head(vectors.astype(np.float32))
            done += len(places)
            progress(done, len(contents))
        if done != len(contents):
            return None
        self.from_vectors += done
        return answers


def _head_of(version: ModelVersion) -> HeadOfFile | None:
    """Return what a file on a frozen network makes of that one's vectors; None of other files."""
    from classifier.engine.formats.classic.model_file import classic_head
    from classifier.engine.formats.compose import read_head

    if SKOPS_FILE in version.files:
        return classic_head(version.served_path)
    try:
        return Head(*read_head(version.served_path)).predict
    except BadModelFile:
        return None
