"""Storing vectors: one computation for each content of an organization and each backbone."""

from collections.abc import Mapping

from django.db import connection

from datasets.models import Dataset, Image, ImageVector

_REUSE = """
INSERT INTO datasets_imagevector (image_id, backbone, vector)
SELECT DISTINCT ON (image.id) image.id, known.backbone, known.vector
FROM datasets_image AS image
JOIN datasets_image AS twin ON twin.sha256 = image.sha256
JOIN datasets_dataset AS home ON home.id = twin.dataset_id
JOIN datasets_imagevector AS known ON known.image_id = twin.id
WHERE image.dataset_id = %(dataset)s AND image.deleted_at IS NULL
  AND home.organization_id = %(organization)s AND known.backbone = %(backbone)s
  AND NOT EXISTS (
      SELECT FROM datasets_imagevector AS own
      WHERE own.image_id = image.id AND own.backbone = %(backbone)s)
ORDER BY image.id
ON CONFLICT DO NOTHING
"""


def missing_contents(dataset: Dataset, backbone: str) -> list[str]:
    """Return the contents' SHA-256, in order, where an image lacks this backbone's vector."""
    with_vector = ImageVector.objects.filter(image__dataset=dataset, backbone=backbone)
    rows = (
        Image.objects.alive()
        .filter(dataset=dataset)
        .exclude(pk__in=with_vector.values("image"))
        .order_by("sha256")
    )
    return list(rows.values_list("sha256", flat=True).distinct())


def vector_count(dataset: Dataset, backbone: str) -> int:
    """Return how many of the dataset's images have this backbone's vector."""
    return ImageVector.objects.filter(
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
    ImageVector.objects.bulk_create(
        [
            ImageVector(image_id=image_id, backbone=backbone, vector=vectors[sha256])
            for image_id, sha256 in images.values_list("id", "sha256")
        ],
        ignore_conflicts=True,
    )


def forget_other_backbones(dataset: Dataset, backbone: str) -> None:
    """Remove the vectors of backbones that this one has replaced."""
    ImageVector.objects.filter(image__dataset=dataset).exclude(backbone=backbone).delete()
