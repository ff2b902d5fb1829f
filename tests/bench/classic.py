"""Classic methods on digits (pixels) and animals (vectors), by the engine's own path.

    python -m tests.bench.classic [digits|animals] [PRESET ...]

Seeds 0 to 2 divide the images 70/10/20 (digits) or 80/10/10 and seed the method; all else is as
the presets have it. The served file answers the test images. Prints a Markdown table.
"""

import resource
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from classifier.engine.backbones.opened import OpenBackbone
from classifier.engine.fit.pretrained import ComputedVectors, Vectors
from classifier.engine.fit.training import train
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import Sample, TrainingSamples
from classifier.engine.watch import Watch
from common.pixels import read_pixels
from tests.bench.heads import SEEDS, Silent
from tests.classifier.engine.file_pixels import FilePixels
from tests.datasets.analysis.planting import ANIMALS, files_in

CLASSIC = [name for name, preset in PRESETS.items() if preset.kind == "classic"]
CONFIGS = {"digits": {"input": "pixels", "side": 8}, "animals": {"input": "vectors"}}


class Remembered:
    """Vectors of contents, each made once: ``pretrained.VectorsOf``."""

    def __init__(self) -> None:
        self._known: dict[str, Vectors] = {}

    def __call__(
        self, backbone: OpenBackbone, samples: Sequence[Sample], twins: bool, watch: Watch
    ) -> list[Vectors]:
        """Return the vectors in the order of ``samples``."""
        new = [(content, 0) for content, _ in samples if content not in self._known]
        if new:
            [made] = ComputedVectors(FilePixels())(backbone, new, twins, watch)
            self._known |= {content: row for (content, _), row in zip(new, made, strict=True)}
        return [np.stack([self._known[content] for content, _ in samples])]


def main(name: str, presets: list[str]) -> None:
    """Print a row for each preset."""
    if name == "animals" and not ANIMALS.is_file():
        print(f"Skipped: {ANIMALS} is not there.")
        return
    vectors = Remembered()
    with tempfile.TemporaryDirectory() as folder:
        samples, names = {"digits": digits, "animals": animals}[name](Path(folder))
        print("| preset | test by seed | mean | largest difference | MB | CPU s |")
        print("|---|---|---:|---:|---:|---:|")
        for preset in presets or CLASSIC:
            rows = [one(preset, name, samples, names, seed, vectors, folder) for seed in SEEDS]
            accuracies, differences, sizes, seconds = np.array(rows).T
            told = ", ".join(f"{each:.3f}" for each in accuracies)
            print(
                f"| `{preset}` | {told} | {accuracies.mean():.3f} | {differences.max():.1e} "
                f"| {sizes.mean():.1f} | {np.median(seconds):.1f} |",
                flush=True,
            )


def digits(folder: Path) -> tuple[list[Sample], list[str]]:
    """Write scikit-learn's digits as PNG files."""
    source, samples = load_digits(), []
    for number, image in enumerate(source.images):
        path = folder / f"{number:04}.png"
        Image.fromarray((image * 255 / 16).astype(np.uint8)).save(path)
        samples.append((str(path), int(source.target[number])))
    return samples, [str(digit) for digit in range(10)]


def animals(folder: Path) -> tuple[list[Sample], list[str]]:
    """Write the photographs as files."""
    found = [(path.split("/")[-2], content) for path, content in files_in(ANIMALS)]
    names, samples = sorted({name for name, _ in found}), []
    for number, (name, content) in enumerate(found):
        path = folder / f"{number:05}"
        path.write_bytes(content)
        samples.append((str(path), names.index(name)))
    return samples, names


def one(
    preset: str,
    name: str,
    samples: list[Sample],
    names: list[str],
    seed: int,
    vectors: Remembered,
    folder: str,
) -> tuple[float, float, float, float]:
    """Return test accuracy, the parity's difference, megabytes, CPU seconds of the training."""
    order = np.random.default_rng(seed).permutation(len(samples))
    edges = (0.2, 0.3) if name == "digits" else (0.1, 0.2)
    parts = np.split(order, [int(len(order) * edge) for edge in edges])
    test, validation, learned = ([samples[place] for place in sorted(part)] for part in parts)
    output = Path(folder) / "model"
    before = resource.getrusage(resource.RUSAGE_SELF)
    outcome = train(
        samples=TrainingSamples(train=learned, validation=validation, pixels=FilePixels()),
        config=checked_config(preset, {**CONFIGS[name], "seed": seed}),
        preset=preset,
        class_names=names,
        output_dir=output,
        weights_dir=None,
        backbones_dir=Path(folder) / "backbones",
        observer=Silent(),
        checkpoint_dir=None,
        vectors=vectors,
    )
    after = resource.getrusage(resource.RUSAGE_SELF)
    served = Predictor.load(output / "model.onnx")
    found = [
        served.predict(
            np.stack([read_pixels(Path(path), served.views[0].size) for path, _ in part])
        )
        for part in (test[start : start + 32] for start in range(0, len(test), 32))
    ]
    right = np.concatenate(found).argmax(axis=1) == [label for _, label in test]
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    size = outcome.files["model.onnx"]["bytes"] / 1e6
    return float(right.mean()), outcome.parity["max_abs_difference"], size, seconds


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "digits", sys.argv[2:])
