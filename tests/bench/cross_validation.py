"""Five folds on animals' vectors: seconds of a processor, by preset.

    python -m tests.bench.cross_validation

The vectors are EfficientNet-Lite0's, computed before and not counted. Prints a Markdown table.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from classifier.engine.backbones.opened import open_backbone
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.fit.folds import FoldFitter, VectorsOnce
from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.measure.cross_validation import fold_figures, summarize
from classifier.engine.presets.registry import PRESETS
from classifier.engine.samples import TrainingSamples
from classifier.engine.watch import Watch
from common.pixels import read_pixels
from tests.bench.heads import Silent
from tests.datasets.analysis.planting import ANIMALS, files_in

FOLDS = 5
NAMES = ("efficientnet_lite0", "logistic_regression", "linear_svm", "random_forest")


def main() -> None:
    """Divide by chance within classes, fit each preset five times, and say what it took."""
    files = [each for each in files_in(ANIMALS) if each[0].startswith("train/")]
    classes, labels = np.unique([name.split("/")[-2] for name, _ in files], return_inverse=True)
    samples = [(str(row), int(label)) for row, label in enumerate(labels)]
    order = np.random.default_rng(0).permutation(len(labels))
    folds = np.empty(len(labels), np.int64)
    folds[order[np.argsort(labels[order], kind="stable")]] = np.arange(len(labels)) % FOLDS
    print(f"{len(labels)} photographs of {len(classes)} classes\n")
    print("| preset | accuracy | 95 % | CPU s of 5 folds |\n|---|---:|---|---:|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = embedded([content for _, content in files], folder)
        for preset in NAMES:
            started = time.process_time()
            result = validated(preset, samples, labels, folds, list(classes), kept, folder)
            seconds = time.process_time() - started
            low, high = result.accuracy.interval
            print(
                f"| `{preset}` | {result.accuracy.mean:.4f} | {low:.3f} to {high:.3f} "
                f"| {seconds:.1f} |",
                flush=True,
            )


def validated(name, samples, labels, folds, class_names, kept, folder):
    """Return the result of a preset's five folds."""
    preset = PRESETS[name]
    vectors = VectorsOnce(lambda *_: [kept], samples)
    pretrained = Pretrained(weights_dir=None, backbones_dir=folder, vectors=vectors)
    fitter = FoldFitter(preset, preset.config({}), class_names, pretrained)
    found = []
    for fold in range(FOLDS):
        outside = [sample for sample, at in zip(samples, folds, strict=True) if at != fold]
        held = [sample for sample, at in zip(samples, folds, strict=True) if at == fold]
        parts = TrainingSamples(
            train=[each for at, each in enumerate(outside) if at % 10],
            validation=outside[::10],
            pixels=None,
        )
        answers = fitter.answers(parts, held, Watch(Silent()), folder)
        found.append(
            fold_figures(
                answers,
                labels[folds == fold],
                len(class_names),
                learned_from=len(parts.train),
                seconds=0,
            )
        )
    return summarize(found, class_names)


def embedded(contents: list[bytes], folder: Path) -> np.ndarray:
    """Return the vectors (n, width) of image files."""
    backbone = open_backbone(BACKBONES["efficientnet_lite0"], weights_dir=None, folder=folder)
    size = backbone.image_size
    return np.concatenate(
        [backbone.predict(read_pixels(content, size)[None]) for content in contents]
    ).astype(np.float16)


if __name__ == "__main__":
    main()
