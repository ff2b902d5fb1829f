"""Keep the pictures that a run shows of its training images; runs on a worker."""

import io
import json
from collections.abc import Sequence
from typing import Any

from PIL import Image

from classifier.models import TrainingRun
from classifier.training.selectors.run_samples import FACTS_FILE, picture_name
from common.fit import Fit
from storage import durable
from storage.names import run_file_name

# A picture of 32 pixels would be a blur on a page: whole pixels are repeated up to this side.
SHOWN_SIDE = 192
_QUALITY = 85


def store_run_samples(
    *,
    run: TrainingRun,
    augmentation: str,
    image_size: int,
    fit: Fit,
    pictures: Sequence[tuple[Any, int]],
) -> None:
    """Write `pictures` (RGB array (size, size, 3) of 0..255, class index) for the run's page.

    An earlier attempt's are replaced. The facts come last: where they are, all pictures are.
    """
    names = run.dataset_version.class_names
    for number, (pixels, _) in enumerate(pictures):
        durable.write(picture_name(run, number), [as_webp(pixels)], synced=False)
    facts = {
        "augmentation": augmentation,
        "image_size": image_size,
        "fit": fit,
        "class_names": [names[index] for _, index in pictures],
    }
    name = run_file_name(run.pk, FACTS_FILE)
    durable.write(name, [json.dumps(facts).encode()], synced=False)


def as_webp(pixels: Any) -> bytes:
    """Return pixels (side, side, 3) of 0..255 as a picture of about 192 pixels."""
    image = Image.fromarray(pixels)
    factor = max(1, SHOWN_SIDE // image.width)
    image = image.resize((image.width * factor,) * 2, Image.Resampling.NEAREST)
    image.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=_QUALITY)
    return stream.getvalue()
