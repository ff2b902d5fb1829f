"""The default backbone embeds images: it is `datasets.services.vectors.embedding.Embedder`."""

from django.conf import settings
from django.db import transaction

from accounts.models import User
from classifier.embedding import kinds
from classifier.engine.backbones.registry import DEFAULT
from datasets.models import Dataset, Image
from datasets.selectors.coming_images import ComingImages
from datasets.selectors.small_images import LARGE, is_small
from datasets.services.one_job import start_one_job
from jobs.models import Job


class BackboneEmbedder:
    """Starts the job of kind EMBED_IMAGES, one at a time for a dataset."""

    kind = kinds.EMBED_IMAGES

    def at_hand(self) -> bool:
        """Whether its weights are on this machine; nothing is downloaded."""
        return DEFAULT.weights.at_hand(settings.WEIGHTS_DIR) is not None

    def starts_by_itself(self, dataset: Dataset) -> bool:
        """Whether the installation allows it and not all images are small.

        The network was made for photographs; on 60,000 pictures of 32 pixels it would work for
        twenty minutes before anyone opens the map.
        """
        images = Image.objects.alive().filter(LARGE, dataset=dataset)
        return self.works_unasked() and images.exists()

    def works_unasked(self) -> bool:
        """Whether embeddings may start before anyone asks for them."""
        return settings.EMBED_UNASKED and self.at_hand()

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
    embedder = BackboneEmbedder()
    large = any(not is_small(max(image.width, image.height)) for image in coming.fresh())
    if large and embedder.works_unasked():
        embedder.start(user=user, dataset=dataset, asked=False)


def embed_new_images(*, user: User | None, dataset: Dataset) -> None:
    """Have new images embedded where that starts by itself; listens to `images_added`.

    A dataset of small images alone waits until a person looks at what needs their vectors
    (`datasets.services.vectors.embedding.embed_for_viewer`).
    """
    embedder = BackboneEmbedder()
    if embedder.starts_by_itself(dataset):
        embedder.start(user=user, dataset=dataset, asked=False)
