"""The imports of `tests.bench.million`: into the million and into an empty dataset, in turn."""

import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image as Picture

from datasets.models import Dataset
from jobs.models import Job, Status
from tests import factories
from tests.bench.import_speed import cpu_seconds, import_whole

FILES, CLASSES, TURNS = 10_000, 5_000, 3


def turns(dataset: Dataset) -> Iterator[dict[str, Any]]:
    """Import archives of different files in turn; yield what each import took."""
    with TemporaryDirectory() as folder:
        for turn in range(TURNS):
            empty = factories.make_dataset(user=dataset.created_by, name=f"Empty {time.time()}")
            pair = [("empty", empty), ("million", dataset)]
            for name, target in pair if turn % 2 == 0 else reversed(pair):
                path = Path(folder) / f"{name}.zip"
                _write(path, np.random.default_rng())
                waiting = Job.objects.filter(status__in=(Status.PENDING, Status.QUEUED))
                waiting.update(status=Status.CANCELLED)
                wall, cpu = time.perf_counter(), cpu_seconds()
                result = import_whole(path, target).job.result
                yield {
                    "into": name,
                    "s": round(time.perf_counter() - wall, 2),
                    "cpu_s": round(cpu_seconds() - cpu, 2),
                    "added": result["images_added"],
                }


def _write(path: Path, random: np.random.Generator) -> None:
    """Write a zip of noise, two pictures of 32 pixels in each of 5,000 class folders."""
    pictures = random.integers(0, 256, (FILES, 32, 32, 3), np.uint8)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, pixels in enumerate(pictures):
            stream = io.BytesIO()
            Picture.fromarray(pixels).save(stream, "PNG", compress_level=1)
            archive.writestr(f"species {number % CLASSES:04d}/{number:05d}.png", stream.getvalue())
