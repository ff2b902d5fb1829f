"""Show what augmentation does to a person's own images before anything is trained."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db import transaction

from accounts.models import User
from accounts.selectors.sharing import acting_organization
from classifier.engine.fit.preview import as_trained
from classifier.engine.samples import Pixels, pixels_of
from classifier.training.errors import PreviewUnderWay
from classifier.training.services.run_samples import as_webp
from classifier.training.services.start_training import checked_settings
from common.fit import Fit
from datasets.decoding.pixels.store import open_pixels
from datasets.models import DatasetVersion, Split
from datasets.policies import require_alive
from datasets.selectors.versions import some_of_each_class

COUNT = 6
# Enough to see what changes; a larger one takes longer than a person who turns a value waits.
_SIDE = 160
_ONE_TAKES_AT_MOST = 30
_KEPT_SECONDS = 600


@dataclass(frozen=True)
class Shown:
    """A picture as a data address; its class, or the shares of two ("cat 70 %, dog 30 %")."""

    url: str
    caption: str


def preview_augmentation(
    *, user: User, dataset_version: DatasetVersion, preset: str, config: Mapping[str, Any]
) -> list[Shown]:
    """Return some training images as a run with these settings would show them to the network.

    The draws are the seed's own, so that a picture changes with its setting alone. Raises
    `Invalid`, `NotFound`, `Forbidden`, `InTrash`, `UnreadableImage`, and `PreviewUnderWay` where
    another one of this person is being drawn.
    """
    with transaction.atomic():
        acting_organization(user, [dataset_version.dataset.subject])
    require_alive(dataset=dataset_version.dataset)
    settings = checked_settings(preset, config)
    turn = f"augmentation-preview:{user.pk}"
    if not cache.add(turn, 1, _ONE_TAKES_AT_MOST):
        raise PreviewUnderWay
    try:
        samples = some_of_each_class(dataset_version, Split.TRAIN, COUNT)
        contents = [content for content, _ in samples]
        plain = _pixels(contents, min(settings.pixels_side, _SIDE), settings.fit)
        seen, own = as_trained(plain, settings, preset)
    finally:
        cache.delete(turn)
    names = [dataset_version.class_names[index] for _, index in samples]
    captions = _captions(names, own.tolist())
    return [
        Shown(f"data:image/webp;base64,{base64.b64encode(as_webp(each)).decode()}", caption)
        for each, caption in zip(seen, captions, strict=True)
    ]


def _pixels(contents: list[str], side: int, fit: Fit) -> Pixels:
    """Return the pixels (n, side, side, 3), kept for a while: values are turned many times."""
    key = f"augmentation-preview:{side}:{fit}:{'-'.join(each[:16] for each in contents)}"
    kept = cache.get(key)
    if kept is None:
        with open_pixels(lambda text: None) as pixels:
            found = pixels_of(pixels, contents, side, fit)
        kept = found.tobytes()
        cache.set(key, kept, _KEPT_SECONDS)
    return np.frombuffer(kept, np.uint8).reshape(len(contents), side, side, 3)


def _captions(names: list[str], own: list[float]) -> list[str]:
    found = []
    for name, other, share in zip(names, reversed(names), own, strict=True):
        is_whole = share > 0.995 or name == other
        percent = round(share * 100)
        found.append(name if is_whole else f"{name} {percent} %, {other} {100 - percent} %")
    return found
