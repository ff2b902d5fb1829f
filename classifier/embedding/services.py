"""The default backbone embeds images: it is `datasets.services.vectors.embedding.Embedder`."""

from django.conf import settings
from django.db import transaction

from accounts.models import User
from classifier.embedding import kinds
from classifier.engine.backbones.registry import DEFAULT
from datasets.models import Dataset
from datasets.selectors.coming_images import ComingImages
from datasets.services.one_job import start_one_job
from jobs.models import WAITING, Job

# Loupe starts it by itself, so jobs that people ask for go first.
BY_ITSELF = -10


# In pixels: images with no longer side were not made for a network that looks at 224 by 224.
SMALL_SIDE = 64


class BackboneEmbedder:
    """Starts the job of kind EMBED_IMAGES, one at a time for a dataset."""

    kind = kinds.EMBED_IMAGES

    def at_hand(self) -> bool:
        """Whether its weights are on this machine; nothing is downloaded."""
        return DEFAULT.weights.at_hand(settings.WEIGHTS_DIR) is not None

    @transaction.atomic
    def start(self, *, user: User | None, dataset: Dataset, asked: bool) -> Job:
        """Start the job or return the one under way, which will see images added before its end."""
        dataset.lock()
        job, _ = start_one_job(
            kind=self.kind,
            user=user,
            dataset=dataset,
            title=f"Embeddings of {dataset.name}",
            priority=0 if asked else BY_ITSELF,
        )
        if asked:
            waiting = Job.objects.filter(pk=job.pk, status__in=WAITING, priority=BY_ITSELF)
            waiting.update(priority=0)
        return job


def embed_coming_images(*, user: User | None, dataset: Dataset) -> None:
    """Have what an import decodes embedded while it goes on; listens to `images_coming`.

    Small images alone are left for later: their vectors are not worth the hurry.
    """
    coming = ComingImages(dataset.pk)
    coming.under_way()
    if any(max(image.width, image.height) >= SMALL_SIDE for image in coming.fresh()):
        embed_new_images(user=user, dataset=dataset)


def embed_new_images(*, user: User | None, dataset: Dataset) -> None:
    """Have new images embedded where the weights are at hand; listens to `images_added`."""
    embedder = BackboneEmbedder()
    if embedder.at_hand():
        embedder.start(user=user, dataset=dataset, asked=False)
