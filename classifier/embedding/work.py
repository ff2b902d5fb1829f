"""The job that gives every image of a dataset the backbone's vector."""

from collections.abc import Iterator

import numpy.typing as npt
from django.conf import settings

from classifier.embedding import kinds
from classifier.engine.backbones.opened import OpenBackbone, open_backbone
from classifier.engine.backbones.registry import DEFAULT
from classifier.engine.errors import BadData
from classifier.failures import engine_failures
from datasets.models import Dataset, Image
from datasets.selectors.vectors import VectorSource, missing_contents, vector_count
from datasets.services import listeners
from datasets.services.quality.check_quality import start_quality_check
from datasets.services.vectors.spaces import Space, space_row
from datasets.services.vectors.store_vectors import store_vectors
from datasets.services.vectors.vector_index import build_index, open_index
from jobs.handlers import JobContext, handles
from storage import durable, scratch
from storage.names import blob_name

# Stored together: what a killed job loses is a second's work.
_BATCH = 256


def _space_of(opened: OpenBackbone) -> Space:
    return Space(
        backbone=opened.backbone.title,
        backbone_sha256=opened.weights_sha256,
        size=opened.backbone.image_size,
        fit=opened.backbone.fit,
        precision=opened.precision,
        mirrored=False,
        width=opened.backbone.width,
    )


class _MoreImages(Exception):
    """Images were added while the last of the others were embedded."""


@handles(kinds.EMBED_IMAGES)
def embed_images(context: JobContext) -> None:
    """Embed what has no vector yet, until nothing is missing, images added meanwhile included."""
    dataset = Dataset.objects.select_related("organization").get(pk=context.payload["dataset"])
    context.progress(0, None, "images", "Preparing the network")
    work = _Embedding(context, dataset)
    work.go_on()
    while not work.end_job():
        work.go_on()


class _Embedding:
    def __init__(self, context: JobContext, dataset: Dataset) -> None:
        self._context = context
        self._dataset = dataset
        with engine_failures(context):
            self._backbone: OpenBackbone = open_backbone(
                DEFAULT,
                weights_dir=settings.WEIGHTS_DIR,
                folder=scratch.backbones_dir(),
            )
        self._space = space_row(_space_of(self._backbone))
        self._unreadable: set[str] = set()
        self._computed = 0

    def go_on(self) -> None:
        """Embed the contents that have no vector now."""
        missing = self._missing()
        for done, vectors in self._computations(missing):
            with self._context.guard():
                store_vectors(
                    organization_id=self._dataset.organization_id,
                    space=self._space,
                    vectors=vectors,
                )
            self._context.progress(done, len(missing), "images", "Embedding images")
        count = vector_count(self._dataset, self._space)
        source = VectorSource(self._space.name, count, count, count, self._space)
        if missing or open_index(self._dataset, source) is None:
            build_index(self._dataset, source)

    def end_job(self) -> bool:
        """End the job, unless images lack a vector or come just now; return whether it ended."""
        try:
            url = f"/api/v1/datasets/{self._dataset.pk}/embeddings/"
            with self._context.finish("embeddings", self._dataset.pk, url=url) as result:
                # An import that adds images holds this lock to its end; it starts no second job
                # while this one runs, so its images must be seen here.
                self._dataset.lock()
                if self._missing():
                    raise _MoreImages
                Dataset.objects.filter(pk=self._dataset.pk).update(space=self._space)
                # Label errors and near duplicates are told better with these vectors.
                start_quality_check(user=None, dataset=self._dataset)
                listeners.vectors_added.announce(user=None, dataset=self._dataset)
                contents = Image.objects.alive().filter(dataset=self._dataset)
                had_one = contents.values("sha256").distinct().count() - len(self._unreadable)
                result |= {
                    "backbone": self._space.name,
                    "computed": self._computed,
                    "reused": max(0, had_one - self._computed),
                    "unreadable": len(self._unreadable),
                }
        except _MoreImages:
            return False
        return True

    def _missing(self) -> list[str]:
        contents = missing_contents(self._dataset, self._space)
        return [sha256 for sha256 in contents if sha256 not in self._unreadable]

    def _computations(self, contents: list[str]) -> Iterator[tuple[int, dict[str, npt.NDArray]]]:
        """Yield how many contents are done, and the vectors of the latest batch."""
        for start in range(0, len(contents), _BATCH):
            batch = contents[start : start + _BATCH]
            vectors = self._vectors(batch)
            self._computed += len(vectors)
            yield start + len(batch), vectors

    def _vectors(self, contents: list[str]) -> dict[str, npt.NDArray]:
        """Return the vectors; a file that cannot be read is left out, noted, and stops nothing."""
        paths = durable.local_files([blob_name(sha256) for sha256 in contents])
        try:
            vectors = self._backbone.predictor.predict_batches(paths, self._tick)
        except BadData as error:
            if len(contents) > 1:
                halves = contents[: len(contents) // 2], contents[len(contents) // 2 :]
                return self._vectors(halves[0]) | self._vectors(halves[1])
            self._context.log(str(error))
            self._unreadable.update(contents)
            return {}
        return dict(zip(contents, vectors, strict=True))

    def _tick(self, done: int, total: int) -> None:
        self._context.check()
