"""Keep what models think of images that they had not learned from: label errors go by it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from django.utils import timezone

from datasets.models import Dataset, OutOfFold


def keep_out_of_fold(
    *,
    dataset: Dataset,
    title: str,
    class_names: Sequence[str],
    contents: Sequence[str],
    probabilities: npt.NDArray[np.floating],
) -> None:
    """Replace a dataset's answers by these (n, classes) about `contents` (SHA-256).

    In the caller's transaction; the app that measured calls it. The next quality check uses them.
    """
    OutOfFold.objects.update_or_create(
        dataset=dataset,
        defaults={
            "title": title[:200],
            "at": timezone.now(),
            "class_names": list(class_names),
            "contents": bytes.fromhex("".join(contents)),
            "probabilities": probabilities.astype("<f2").tobytes(),
        },
    )
