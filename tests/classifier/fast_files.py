"""The fast mode of a registered version, made without a worker."""

import tempfile
from pathlib import Path

import numpy as np
from django.db import transaction

from classifier.engine.files import facts_of
from classifier.engine.formats.int8 import write_int8
from classifier.engine.measure.fast_mode import FastCheck
from classifier.models import FastMode, ModelVersion
from classifier.registry.services.fast_mode import store_fast_mode
from jobs.models import Job
from tests.classifier.trained import end_job

CHECK = FastCheck(
    images=600, flipped=3, largest_difference=0.2, float32_ms=9.6, fast_ms=6.0, convolutions=49,
    float32_bytes=13_000_000, fast_bytes=3_800_000, left_float=8, calibrated_on=64,
)  # fmt: skip


@transaction.atomic
def make_fast_mode(version: ModelVersion, check: FastCheck = CHECK) -> FastMode:
    """Make the int8 file of a version of colours, and store it with the figures of `check`."""
    job = Job.objects.create(
        kind="fast_mode", queue="io", organization=version.model.organization, title="Fast mode"
    )
    row = FastMode.objects.create(model_version=version, job=job)
    size = version.config["image_size"]
    colours = np.zeros((12, size, size, 3), np.uint8)
    for number, image in enumerate(colours):
        image[:, :, number % 3] = 180 + number
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.int8.onnx"
        write_int8(version.served_path, path, colours, colours)
        store_fast_mode(row=row, check=check, path=path, facts=facts_of(path))
    end_job(job)
    row.refresh_from_db()
    return row
