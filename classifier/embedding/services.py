"""The default backbone embeds images: it is `datasets.services.vectors.embedding.Embedder`."""

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from classifier.embedding import kinds
from classifier.engine.backbones.registry import DEFAULT
from datasets.models import Dataset, Image
from datasets.selectors.coming_images import ComingImages
from datasets.services.one_job import start_one_job
from jobs.models import Job

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
            asked=asked,
        )
        return job


def embed_coming_images(*, user: User | None, dataset: Dataset) -> None:
    """Have what an import decodes embedded while it goes on; listens to `images_coming`.

    Small images alone are left for later: their vectors are not worth the hurry.
    """
    coming = ComingImages(dataset.pk)
    coming.under_way()
    if any(max(image.width, image.height) >= SMALL_SIDE for image in coming.fresh()):
        _embed_by_itself(user, dataset)


def embed_new_images(*, user: User | None, dataset: Dataset) -> None:
    """Have new images embedded where the weights are at hand; listens to `images_added`.

    A dataset of small images alone waits until a person looks at what needs their vectors
    (`datasets.services.vectors.embedding.embed_for_viewer`).
    """
    if _has_large_images(dataset):
        _embed_by_itself(user, dataset)


def _embed_by_itself(user: User | None, dataset: Dataset) -> None:
    embedder = BackboneEmbedder()
    if embedder.at_hand():
        embedder.start(user=user, dataset=dataset, asked=False)


def _has_large_images(dataset: Dataset) -> bool:
    large = Q(width__gte=SMALL_SIDE) | Q(height__gte=SMALL_SIDE)
    return Image.objects.alive().filter(large, dataset=dataset).exists()
