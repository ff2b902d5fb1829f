"""A run that fills the cache of pixels, for a process of its own."""

from pathlib import Path

import numpy as np

from datasets.decoding.pixels import cache as cache_module
from datasets.decoding.pixels.cache import PixelCache
from datasets.decoding.pixels.decoders import PixelDecoders


def fill(blobs: str, folder: str, names: list[str], size: int, started, results) -> None:
    """Keep packs of fifty; put the pixels, in order, on the queue `results`."""
    cache_module.PACK_BYTES = 49 * size * size * 3
    with PixelDecoders(Path(blobs).joinpath) as crew:
        started.wait()
        cache = PixelCache(Path(folder), 1 << 30, crew)
        rows = cache.rows(names, size, "stretch", lambda done, total: None)
        pixels = list(rows.batches(np.arange(len(names)), 7))
        results.put(np.concatenate(pixels).tobytes())
