"""Storing vectors: one for each content of an organization and each space; and forgetting them."""

import logging
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import numpy.typing as npt
from django.db import connection

from datasets.models import VectorSpace

logger = logging.getLogger(__name__)
# An import may have vectors made of contents whose images come when it ends.
_AWAITED_HOURS = 24
_INSERT = """
INSERT INTO datasets_vector (organization_id, sha256, space_id, vector)
SELECT %(organization)s, made.sha256, %(space)s, made.vector
FROM unnest(%(contents)s::text[], %(vectors)s::bytea[]) AS made (sha256, vector)
ON CONFLICT DO NOTHING
"""
_WITHOUT_IMAGE = """
NOT EXISTS (
    SELECT FROM datasets_image AS image JOIN datasets_dataset AS home ON home.id = image.dataset_id
    WHERE image.sha256 = known.sha256 AND home.organization_id = known.organization_id
      AND image.forgetting_id IS NULL)
"""
_FORGET = f"""
DELETE FROM datasets_vector AS known
WHERE organization_id = %(organization)s AND sha256 = ANY(%(contents)s) AND {_WITHOUT_IMAGE}
"""  # noqa: S608
_SWEEP = f"""
DELETE FROM datasets_vector AS known
WHERE created_at < now() - %(hours)s * interval '1 hour' AND {_WITHOUT_IMAGE}
"""  # noqa: S608


def store_vectors(
    *, organization_id: uuid.UUID, space: VectorSpace, vectors: Mapping[str, npt.NDArray]
) -> None:
    """Store vectors (width,) by the SHA-256 of their contents; those that are there stay.

    The images may come later; a vector whose image never comes is swept a day later.
    """
    if any(vector.shape != (space.width,) for vector in vectors.values()):
        raise ValueError(f"Vectors of {space} have {space.width} numbers.")
    values: dict[str, Any] = {
        "organization": str(organization_id),
        "space": space.pk,
        "contents": list(vectors),
        "vectors": [vector.astype("<f2").tobytes() for vector in vectors.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)


def forget_vectors(*, organization_id: uuid.UUID, contents: Iterable[str]) -> None:
    """Delete the vectors, in every space, of those contents that no image of the organization has.

    Images in the trash, and those that only versions keep, need theirs.
    """
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "organization": str(organization_id),
            "contents": sorted(contents),
        }
        cursor.execute(_FORGET, values)


def sweep_vectors() -> None:
    """Delete day-old vectors whose images never came, or went otherwise than by a purge."""
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP, {"hours": _AWAITED_HOURS})
        if cursor.rowcount:
            logger.info("%s vectors without an image were deleted", cursor.rowcount)
