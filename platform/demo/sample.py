"""The sample data of the demo: digits and a photograph that a package we need anyway carries."""

import io
import zipfile
from importlib.resources import files
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


def photograph() -> tuple[str, bytes]:
    """Return name and content of scikit-learn's photograph of a tower at a lake (CC BY 2.0)."""
    name = "china.jpg"
    return name, (files("sklearn.datasets.images") / name).read_bytes()
