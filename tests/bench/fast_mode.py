"""Fast mode on photographs: answers that change, processor time and size, by backbone.

    python -m tests.bench.fast_mode [SEEDS]

from the repository root. For each backbone and seed 700 photographs of the shared animals set teach
a head, 64 of them give the ranges of activations, 300 others choose the layers that stay float32,
and the set's 600 test photographs judge, as a worker does it. Prints a Markdown table.
"""

import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from classifier.engine.backbones.opened import OpenBackbone, open_backbone
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.formats.compose import write_composed
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.formats.int8 import milliseconds, write_int8
from classifier.engine.measure.flips import flips
from classifier.engine.runtime.predictor import Predictor
from common.pixels import read_pixels
from tests.bench.engine_targets import DATA
from tests.datasets.analysis.planting import ANIMALS, files_in

LEARNED, CALIBRATION, OTHER = 700, 64, 300
NAMES = ("efficientnet_lite0", "mobilenet_v2")
Files = list[tuple[str, bytes]]


def main(seeds: int) -> None:
    """Write and judge the int8 file of a head for each backbone and seed."""
    if not ANIMALS.is_file():
        print(f"Skipped: {ANIMALS} is not there.")
        return
    train, test = list(files_in(ANIMALS, "train/")), list(files_in(ANIMALS, "validation/"))
    print("| backbone | seed | other answers | largest difference | ms of a core | MB | float32 |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for name in NAMES:
        with tempfile.TemporaryDirectory() as folder:
            backbone = open_backbone(
                BACKBONES[name], weights_dir=DATA / "weights", folder=Path(folder)
            )
            judged = pixels(test, backbone)
            for seed in range(seeds):
                row(backbone, train, judged, seed, Path(folder))


def row(backbone: OpenBackbone, train: Files, judged: Any, seed: int, folder: Path) -> None:
    """Print one line of the table."""
    chosen = random.Random(seed).sample(train, LEARNED + OTHER)
    learned, other = pixels(chosen[:LEARNED], backbone), pixels(chosen[LEARNED:], backbone)
    served, fast = folder / "model.onnx", folder / "model.int8.onnx"
    write_head(backbone, learned, [name for name, _ in chosen[:LEARNED]], served)
    written = write_int8(served, fast, learned[:CALIBRATION], other)
    both = Predictor.load(served, threads=1), Predictor.load(fast, threads=1)
    found = flips(both[1].predict(judged), both[0].predict(judged))
    before, after = milliseconds(both, [judged] * 2)
    sizes = [path.stat().st_size / 1e6 for path in (served, fast)]
    print(
        f"| {backbone.backbone.title} | {seed} | {found.flipped} of {found.images} "
        f"({found.flipped / found.images:.2%}) | {found.largest_difference:.2f} "
        f"| {before:.1f} → {after:.1f} | {sizes[0]:.1f} → {sizes[1]:.1f} "
        f"| {written.left_float} of {written.convolutions} |",
        flush=True,
    )


def write_head(backbone: OpenBackbone, learned: Any, names: list[str], path: Path) -> None:
    """Fit a head and write the file that would be served."""
    labels = [name.split("/")[1] for name in names]
    vectors = np.concatenate([backbone.predict(part) for part in np.array_split(learned, 20)])
    head = LogisticRegression(max_iter=300).fit(vectors, labels)
    facts = ModelFacts(
        class_names=tuple(head.classes_),
        image_size=backbone.image_size,
        fit=backbone.fit,
        preset=backbone.backbone.name,
    )
    kernel, bias = head.coef_.T.astype(np.float32), head.intercept_.astype(np.float32)
    write_composed(backbone.onnx, kernel, bias, facts, path)


def pixels(files: Files, backbone: OpenBackbone) -> Any:
    """Return the pixels of image files."""
    return np.stack([read_pixels(content, backbone.image_size) for _, content in files])


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 3)
