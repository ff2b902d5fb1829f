"""Making vectors of contents, for whatever job needs them: the embedding of a dataset, a training.

Jobs that need the vectors of the same contents at a time share the work: each claims a piece of it
while it makes it, stores it, and leaves out what others have claimed or stored. None depends on
another job, which may have no worker, or may let everything pass: a claim ends with its process,
and what is not there a few seconds after it was left to another is made all the same.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.engine.backbones.opened import OpenBackbone
from datasets.decoding.pixels.decoders import Block, PixelDecoders
from datasets.errors import UnreadableImages
from datasets.models import VectorSpace
from datasets.selectors.vectors import lacking, vectors_of_contents
from datasets.services.vectors.claims import claimed
from datasets.services.vectors.spaces import Space, space_row
from datasets.services.vectors.store_vectors import store_vectors
from jobs.handlers import JobContext
from storage.durable import local_blob

Faults = dict[str, str]
Progress = Callable[[int, int], None]
# Between two looks whether to stop: less than a second's work.
_PIECE = 64
# A piece takes a second or two; at idle priority, beside a training, it may take very long.
_PATIENCE_SECONDS = 5.0
_LOOK_SECONDS = 0.1


class VectorMaker:
    """Makes and stores vectors of an organization's contents with one backbone.

    `spaces` has the space of its vectors; with `twins` a second one, of the mirrored images, which
    are decoded once for both. `computed` counts the contents of which it has made vectors.
    """

    def __init__(
        self,
        context: JobContext,
        *,
        organization_id: uuid.UUID,
        backbone: OpenBackbone,
        twins: bool = False,
        locate: Callable[[str], Path] = local_blob,
    ) -> None:
        """`locate` says where the file of a content (SHA-256) lies; threads call it."""
        self._context = context
        self._organization_id = organization_id
        self._backbone = backbone
        self._locate = locate
        sides = (False, True) if twins else (False,)
        self.spaces = [space_row(space_of(backbone, mirrored)) for mirrored in sides]
        self.computed = 0
        self._impatient = False

    def vectors(
        self, contents: Sequence[str], message: str = "Embedding images"
    ) -> list[npt.NDArray[np.float32]]:
        """Return the vectors (n, width) in the order of the contents, one array for each space.

        Makes and stores those that there are none of. Raises `UnreadableImages` where some cannot
        be read, and as `JobContext.check` does.
        """
        # An embedding of the same images begins at the other end.
        wanted = sorted(set(contents), reverse=True)
        faults = self.make(wanted, self._context.step("images", message))
        found = [
            vectors_of_contents(self._organization_id, contents, space) for space in self.spaces
        ]
        if missing := {sha256 for each in found for sha256 in each.missing}:
            raise UnreadableImages(
                {name: faults.get(name, "Its vector is gone.") for name in sorted(missing)}
            )
        return [each.values for each in found]

    def make(self, contents: Iterable[str], on_progress: Progress) -> Faults:
        """Make and store the vectors that these contents lack, in their order.

        Return why, by content, where a file cannot be read. `on_progress(done, total)`, of those
        that lacked one, may raise to stop; what was stored stays.
        """
        faults: Faults = {}
        self._impatient = False
        todo = self._lacking(list(contents))
        total = len(todo)
        with PixelDecoders(self._locate) as decoders:
            while todo:
                passed = 0
                left: list[str] = []
                opened = self._backbone
                with closing(decoders.blocks(todo, opened.image_size, opened.fit)) as blocks:
                    for block in blocks:
                        on_progress(total - len(todo) + passed, total)
                        passed += len(block.contents)
                        faults |= block.faults
                        made, others = self._embed(block)
                        left += others
                        if not made:
                            # Another job was faster: see what else it has made.
                            break
                todo = self._lacking(todo[passed:])
                left = self._lacking(left)
                todo += left if todo else self._awaited(left, on_progress, total)
                on_progress(total - len(todo), total)
        return faults

    def _awaited(self, left: list[str], on_progress: Progress, total: int) -> list[str]:
        """Wait a little for what other jobs are making; return what is still lacking then."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while left and time.monotonic() < until:
            on_progress(total - len(left), total)
            time.sleep(_LOOK_SECONDS)
            left = self._lacking(left)
        self._impatient = bool(left)
        return left

    def _embed(self, block: Block) -> tuple[bool, list[str]]:
        """Make and store what a block lacks, but for what other jobs are making just now.

        Return whether it lacked anything that was made here, and what was left to others.
        """
        names, pixels = block.readable()
        made: set[str] = set()
        left: set[str] = set()
        for space in self.spaces:
            seen = pixels[:, :, ::-1] if space.mirrored else pixels
            for start in range(0, len(names), _PIECE):
                self._context.check()
                piece = names[start : start + _PIECE]
                free = self._lacking_in(piece, space)
                with claimed(self._organization_id, space, free) as mine:
                    if self._impatient:
                        mine = set(free)
                    left |= set(free) - mine
                    # Once more: who held a claim until now has stored what it was for.
                    missing = set(self._lacking_in([name for name in free if name in mine], space))
                    places = [start + at for at, name in enumerate(piece) if name in missing]
                    if places:
                        self._store(space, [names[place] for place in places], seen[places])
                made |= missing
        self.computed += len(made)
        return bool(made) or not names, [name for name in names if name in left]

    def _store(self, space: VectorSpace, names: list[str], pixels: npt.NDArray[np.uint8]) -> None:
        answers = self._backbone.predict(pixels)
        vectors = dict(zip(names, answers, strict=True))
        with self._context.guard():
            store_vectors(organization_id=self._organization_id, space=space, vectors=vectors)

    def _lacking(self, contents: list[str]) -> list[str]:
        """Return those of the contents that lack a vector in some space, in their order."""
        found = {sha256 for space in self.spaces for sha256 in self._lacking_in(contents, space)}
        return [sha256 for sha256 in contents if sha256 in found]

    def _lacking_in(self, contents: list[str], space: VectorSpace) -> list[str]:
        return lacking(self._organization_id, contents, space)


def space_of(opened: OpenBackbone, mirrored: bool) -> Space:
    """Return the space of an open backbone's vectors, or of those of mirrored images."""
    return Space(
        backbone=opened.backbone.title,
        backbone_sha256=opened.weights_sha256,
        size=opened.image_size,
        fit=opened.fit,
        precision=opened.precision,
        mirrored=mirrored,
        width=opened.backbone.width,
    )
