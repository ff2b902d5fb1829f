"""What a quality check knows of each image besides what it looks like."""

import uuid
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.models import ClassLabel, Dataset, ImageFingerprint


@dataclass(frozen=True)
class Facts:
    """One entry for each image that has a fingerprint and is not in the trash, ordered by content.

    `pixels` are digests of the decoded pixels; a class id is None and a split "" where there is
    none; `left_out` says which images stay out of versions. Arrays are (n,): `widths` and `heights`
    in pixels, `contrasts` and `sharpness` as in `Fingerprint`. `class_names`: those of the dataset.
    """

    ids: list[uuid.UUID]
    pixels: list[str]
    class_ids: list[uuid.UUID | None]
    splits: list[str]
    left_out: list[bool]
    widths: npt.NDArray[np.float64]
    heights: npt.NDArray[np.float64]
    contrasts: npt.NDArray[np.float64]
    sharpness: npt.NDArray[np.float64]
    class_names: dict[uuid.UUID, str]

    @property
    def checked(self) -> list[int]:
        """The indices of the images that are not left out."""
        return [index for index, left_out in enumerate(self.left_out) if not left_out]


def facts_of(dataset: Dataset) -> Facts:
    """Return the facts about the images of a dataset."""
    rows = (
        ImageFingerprint.objects.filter(image__dataset=dataset, image__deleted_at=None)
        .order_by("image__sha256", "image_id")
        .values_list("image_id", "pixels_sha256", "image__class_label_id", "image__split",
                     "image__excluded_at", "image__width", "image__height", "contrast", "sharpness")
    )  # fmt: skip
    ids: list[uuid.UUID] = []
    pixels: list[str] = []
    class_ids: list[uuid.UUID | None] = []
    splits: list[str] = []
    left_out: list[bool] = []
    measures: list[list[float]] = []
    for image_id, digest, class_id, split, excluded_at, *measured in rows.iterator(5_000):
        ids.append(image_id)
        pixels.append(digest)
        class_ids.append(class_id)
        splits.append(split)
        left_out.append(excluded_at is not None)
        measures.append(measured)
    widths, heights, contrasts, sharpness = np.array(measures, np.float64).reshape(-1, 4).T
    return Facts(
        ids=ids,
        pixels=pixels,
        class_ids=class_ids,
        splits=splits,
        left_out=left_out,
        widths=widths,
        heights=heights,
        contrasts=contrasts,
        sharpness=sharpness,
        class_names=dict(ClassLabel.objects.filter(dataset=dataset).values_list("pk", "name")),
    )
