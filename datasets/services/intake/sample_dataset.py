"""Scikit-learn's handwritten digits as a dataset to try things on."""

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
from django.db import transaction
from PIL import Image as Picture

from accounts.models import Organization, User
from datasets.models import Import
from datasets.services.create_dataset import create_dataset
from datasets.services.intake.start_import import start_import

NAME = "Handwritten digits"
DESCRIPTION = (
    "1,797 handwritten digits of 8×8 pixels (scikit-learn's digits; E. Alpaydin and C. Kaynak, "
    "UCI Machine Learning Repository, 1998)."
)
# As the repository states it.
LICENCE = "CC-BY-4.0"
ARCHIVE_NAME = "digits.zip"
# As scikit-learn has it: a row for each image, 64 levels of ink from 0 to 16, then the digit. The
# web server, which reads it, has no scikit-learn.
_FILE = Path(__file__).with_name("digits.csv.gz")


@transaction.atomic
def load_sample_dataset(*, user: User, organization: Organization | None = None) -> Import:
    """Create a dataset of 1,797 images in ten classes and start its import.

    By default in the caller's personal organization. Raises `NotFound`, `Forbidden` or
    `QuotaExceeded`, and then makes nothing.
    """
    dataset = create_dataset(
        user=user,
        name=NAME,
        description=DESCRIPTION,
        licence=LICENCE,
        organization=organization,
    )
    return start_import(
        user=user, dataset=dataset, archive=[digits_archive()], archive_name=ARCHIVE_NAME
    )


def digits_archive() -> bytes:
    """Return a zip of PNG files in the class folders 0 to 9."""
    with gzip.open(_FILE) as lines:
        rows = np.loadtxt(lines, np.uint8, delimiter=",")
    # Sixteen levels of ink become 256 levels of grey.
    levels = (rows[:, :64].reshape(-1, 8, 8) * (255 / 16)).round().astype("uint8")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number, (pixels, digit) in enumerate(zip(levels, rows[:, 64], strict=True)):
            file = io.BytesIO()
            Picture.fromarray(pixels).save(file, "PNG")
            archive.writestr(f"{digit}/{number:04}.png", file.getvalue())
    return stream.getvalue()
