"""MobileNetV2's pooled features of an archive's images, computed once and kept in /tmp.

Run as a program, because TensorFlow stays out of processes that test the analysis:
``python -m tests.datasets.analysis.features ARCHIVE PREFIX SIZE OUTPUT``
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.datasets.analysis.planting import SHARED_DATA, files_in

WEIGHTS = next((SHARED_DATA / "weights").glob("mobilenet_v2_*_no_top.h5"), None)
_ROOT = Path(__file__).parents[3]


def features(archive: Path, prefix: str, size: int = 224) -> npt.NDArray[np.float32]:
    """Return features (n, 1280) of the files below ``prefix``, in the order of ``files_in``."""
    name = f"{archive.stem}_{prefix.strip('/') or 'all'}_{size}.npy"
    cached = Path(tempfile.gettempdir()) / "loupe-features" / name
    if not cached.exists():
        cached.parent.mkdir(exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", __spec__.name, str(archive), prefix, str(size), str(cached)],
            cwd=_ROOT,
            check=True,
            timeout=900,
        )
    return np.load(cached).astype(np.float32)


def _compute(archive: Path, prefix: str, size: int, output: Path) -> None:
    from classifier.engine.backbones.catalog.mobilenet_v2 import MOBILENET_V2
    from classifier.engine.formats.export import write_onnx
    from classifier.engine.formats.facts import ModelFacts
    from classifier.engine.runtime.predictor import Predictor
    from common.pixels import read_pixels

    assert WEIGHTS is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.onnx"
        facts = ModelFacts(class_names=(), image_size=size, fit="stretch", preset="features")
        write_onnx(MOBILENET_V2.network(size, WEIGHTS), facts, path)
        predictor = Predictor.load(path)
    rows, batch = [], []
    for _, content in files_in(archive, prefix):
        batch.append(read_pixels(content, size))
        if len(batch) == 8:
            rows.append(predictor.predict(batch))
            batch = []
    if batch:
        rows.append(predictor.predict(batch))
    part = output.with_suffix(".part.npy")
    np.save(part, np.concatenate(rows).astype(np.float16))
    part.replace(output)


if __name__ == "__main__":
    _compute(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
