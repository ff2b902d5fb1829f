"""The job that gives every image of a dataset the default backbone's vector.

It begins while an import still decodes, with what that has decoded.
"""

import time

from django.conf import settings

from classifier.embedding import kinds
from classifier.embedding.work.make_vectors import VectorMaker
from classifier.engine.backbones.opened import open_backbone
from classifier.engine.backbones.registry import DEFAULT
from classifier.failures import engine_failures
from datasets.models import Dataset, Image
from datasets.selectors.coming_images import ComingImages
from datasets.selectors.vectors import VectorSource, missing_contents, vector_count
from datasets.services import listeners
from datasets.services.quality.check_quality import start_quality_check
from datasets.services.vectors.vector_index import renew_index
from jobs.handlers import JobContext, handles
from storage import scratch

# Between two looks for what an import has decoded.
_LOOK_SECONDS = 0.5


class _MoreImages(Exception):
    """Images were added while the last of the others were embedded."""


@handles(kinds.EMBED_IMAGES)
def embed_images(context: JobContext) -> None:
    """Embed what has no vector yet, until nothing is missing, images added meanwhile included."""
    dataset = Dataset.objects.select_related("organization").get(pk=context.payload["dataset"])
    context.progress(0, None, "images", "Preparing the network")
    with engine_failures(context):
        work = _Embedding(context, dataset)
        work.follow_imports()
        work.go_on()
        while not work.end_job():
            work.go_on()


class _Embedding:
    def __init__(self, context: JobContext, dataset: Dataset) -> None:
        self._context = context
        self._dataset = dataset
        backbone = open_backbone(
            DEFAULT, weights_dir=settings.WEIGHTS_DIR, folder=scratch.backbones_dir()
        )
        self._coming = ComingImages(dataset.pk)
        self._maker = VectorMaker(
            context,
            organization_id=dataset.organization_id,
            backbone=backbone,
            locate=self._coming.locate,
        )
        [self._space] = self._maker.spaces
        self._unreadable: set[str] = set()

    def follow_imports(self) -> None:
        """Embed what imports decode for as long as one runs on this machine.

        What cannot be read yet, or was moved just now, is left to `go_on`.
        """
        while self._coming.under_way():
            contents = [image.sha256 for image in self._coming.fresh()]
            if contents:
                self._maker.make(contents, self._tell)
            else:
                self._context.check()
                time.sleep(_LOOK_SECONDS)

    def _tell(self, done: int, total: int) -> None:
        self._context.check()
        message = "Embedding images as they are decoded"
        self._context.progress(self._maker.computed, None, "images", message)

    def go_on(self) -> None:
        """Embed the contents that have no vector now; what cannot be read is noted and left."""
        missing = self._missing()
        faults = self._maker.make(missing, self._context.step("images", "Embedding images"))
        for sha256, reason in faults.items():
            self._context.log(f"The image file {sha256} can no longer be read. {reason}")
        self._unreadable |= faults.keys()
        count = vector_count(self._dataset, self._space)
        source = VectorSource(self._space.name, count, count, count, self._space)
        renew_index(self._dataset, source, has_more=bool(missing))

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
                images = Image.objects.alive().filter(dataset=self._dataset)
                contents = images.values("sha256").distinct().count()
                reused = contents - len(self._unreadable) - self._maker.computed
                if contents:
                    # Label errors and near duplicates are told better with these vectors.
                    start_quality_check(user=None, dataset=self._dataset)
                    listeners.vectors_added.announce(user=None, dataset=self._dataset)
                result |= {
                    "backbone": self._space.name,
                    "computed": self._maker.computed,
                    "reused": max(0, reused),
                    "unreadable": len(self._unreadable),
                }
        except _MoreImages:
            return False
        return True

    def _missing(self) -> list[str]:
        contents = missing_contents(self._dataset, self._space)
        return [sha256 for sha256 in contents if sha256 not in self._unreadable]
