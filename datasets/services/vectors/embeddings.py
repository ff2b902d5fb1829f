"""Storing embeddings: one computation for each content of an organization and each backbone."""

from collections.abc import Mapping

from django.db import connection, transaction

from accounts.models import User
from accounts.services import audit
from datasets.errors import NoWeights
from datasets.models import Dataset, Image, ImageEmbedding
from datasets.policies import require_editable
from datasets.services.vectors.embedder import embedder_at_hand
from jobs.models import Job

_REUSE = """
INSERT INTO datasets_imageembedding (image_id, backbone, vector)
SELECT DISTINCT ON (image.id) image.id, known.backbone, known.vector
FROM datasets_image AS image
JOIN datasets_image AS twin ON twin.sha256 = image.sha256
JOIN datasets_dataset AS home ON home.id = twin.dataset_id
JOIN datasets_imageembedding AS known ON known.image_id = twin.id
WHERE image.dataset_id = %(dataset)s AND image.deleted_at IS NULL
  AND home.organization_id = %(organization)s AND known.backbone = %(backbone)s
  AND NOT EXISTS (
      SELECT FROM datasets_imageembedding AS own
      WHERE own.image_id = image.id AND own.backbone = %(backbone)s)
ORDER BY image.id
ON CONFLICT DO NOTHING
"""


@transaction.atomic
def start_embedding(*, user: User, dataset: Dataset) -> Job:
    """Have a person's dataset embedded, or return the job under way.

    Raises `NotFound`, `Forbidden`, `InTrash`, and `NoWeights` where no backbone can work.
    """
    require_editable(user=user, dataset=dataset)
    embedder = embedder_at_hand()
    if embedder is None:
        raise NoWeights(
            "Embeddings need ImageNet weights, and none are on this server; until then images are "
            "compared by Loupe's own small descriptor.",
            hint="The operator of this Loupe can name their folder in LOUPE_WEIGHTS_DIR.",
        )
    job = embedder.start(user=user, dataset=dataset, asked=True)
    audit.record(
        actor=user, action="dataset.embed", target=dataset, organization=dataset.organization
    )
    return job


def missing_contents(dataset: Dataset, backbone: str) -> list[str]:
    """Return the contents' SHA-256, in order, where an image lacks this backbone's vector."""
    embedded = ImageEmbedding.objects.filter(image__dataset=dataset, backbone=backbone)
    rows = (
        Image.objects.alive()
        .filter(dataset=dataset)
        .exclude(pk__in=embedded.values("image"))
        .order_by("sha256")
    )
    return list(rows.values_list("sha256", flat=True).distinct())


def embedded_count(dataset: Dataset, backbone: str) -> int:
    """Return how many of the dataset's images have this backbone's vector."""
    return ImageEmbedding.objects.filter(
        image__dataset=dataset, image__deleted_at=None, backbone=backbone
    ).count()


def reuse_vectors(dataset: Dataset, backbone: str) -> int:
    """Copy the vectors that the organization has of the same contents; return how many."""
    names: dict[str, str] = {
        "dataset": str(dataset.pk),
        "organization": str(dataset.organization_id),
        "backbone": backbone,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REUSE, names)
        return int(cursor.rowcount)


def store_vectors(dataset: Dataset, backbone: str, vectors: Mapping[str, bytes]) -> None:
    """Store vectors by SHA-256 for every image of the dataset with that content."""
    images = Image.objects.alive().filter(dataset=dataset, sha256__in=list(vectors))
    ImageEmbedding.objects.bulk_create(
        [
            ImageEmbedding(image_id=image_id, backbone=backbone, vector=vectors[sha256])
            for image_id, sha256 in images.values_list("id", "sha256")
        ],
        ignore_conflicts=True,
    )


def forget_other_backbones(dataset: Dataset, backbone: str) -> None:
    """Remove the vectors of backbones that this one has replaced."""
    ImageEmbedding.objects.filter(image__dataset=dataset).exclude(backbone=backbone).delete()
