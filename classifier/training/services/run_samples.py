"""Keep the pictures that a run shows of its training images; runs on a worker."""

import io
import json
from collections.abc import Sequence
from typing import Any

from PIL import Image

from classifier.models import TrainingRun
from classifier.training.selectors.run_samples import FACTS_FILE, picture_path
from common import storage

# A picture of 32 pixels would be a blur on a page: whole pixels are repeated up to this side.
_SHOWN_SIDE = 192
_QUALITY = 85


def store_run_samples(
    *, run: TrainingRun, augmentation: str, pictures: Sequence[tuple[Any, int]]
) -> None:
    """Write `pictures` (RGB array (size, size, 3) of 0..255, class index) for the run's page.

    An earlier attempt's are replaced. The facts come last: where they are, all pictures are.
    """
    names = run.dataset_version.class_names
    for number, (pixels, _) in enumerate(pictures):
        storage.write_atomically(picture_path(run, number), [_as_webp(pixels)], durable=False)
    facts = {
        "augmentation": augmentation,
        "image_size": run.config["image_size"],
        "class_names": [names[index] for _, index in pictures],
    }
    path = storage.run_dir(run.pk) / FACTS_FILE
    storage.write_atomically(path, [json.dumps(facts).encode()], durable=False)


def _as_webp(pixels: Any) -> bytes:
    image = Image.fromarray(pixels)
    factor = max(1, _SHOWN_SIDE // image.width)
    image = image.resize((image.width * factor,) * 2, Image.Resampling.NEAREST)
    image.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=_QUALITY)
    return stream.getvalue()
