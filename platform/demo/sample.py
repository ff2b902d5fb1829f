"""The sample data of the demo: real handwritten digits that a package we need anyway carries."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits


def write_digits_archive(path: Path) -> None:
    """Write scikit-learn's digits (1,797 grey images of 8×8) as a zip of one folder per class."""
    digits = load_digits()
    with zipfile.ZipFile(path, "w") as archive:
        for index, (pixels, target) in enumerate(zip(digits.images, digits.target, strict=True)):
            # The set's grey values run from 0 to 16.
            image = Image.fromarray((pixels * 255 / 16).round().astype(np.uint8))
            stream = io.BytesIO()
            image.save(stream, "PNG")
            archive.writestr(f"digits/{target}/{index:04}.png", stream.getvalue())
