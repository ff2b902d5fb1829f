"""From a quarter of the images, is the accuracy at all of them inside the stated interval?

    python -m tests.bench.learning_curve [digits|animals|cifar10 ...]

Seeds 0 to 2 divide each set (of CIFAR-10 10,000 train images): a fifth is for tests. The learning
curve sees a stratified quarter of the rest, as in its job: five folds, six shares. The same head on
vectors of EfficientNet-Lite0 then learns from all of the rest. Prints a Markdown table. The method
was chosen on simulated curves and on seeds 100 to 102 of digits and animals.
"""

import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from classifier.engine.fit.folds import FoldFitter
from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.fit.shares import SHARES, subset
from classifier.engine.measure.learning_curve import predicted_accuracy
from classifier.engine.presets.registry import PRESETS
from classifier.engine.samples import Sample, TrainingSamples
from classifier.engine.target import decide
from classifier.engine.watch import Watch
from datasets.analysis.grouped_split import divide
from tests.bench.classic import Remembered, animals, digits
from tests.bench.heads import SEEDS, Silent
from tests.classifier.engine.file_pixels import FilePixels

CIFAR10 = Path(__file__).parents[3] / "shared" / "data" / "cifar10.zip"
FOLDS, PRESET = 5, "efficientnet_lite0"


def cifar10(folder: Path) -> tuple[list[Sample], list[str]]:
    """Write 10,000 train images as files, the same ones every time."""
    with zipfile.ZipFile(CIFAR10) as archive:
        names = [
            name for name in sorted(archive.namelist()) if "train/" in name and name[-1] != "/"
        ]
        chosen = np.random.default_rng(0).permutation(len(names))[:10_000]
        classes = sorted({name.split("/")[-2] for name in names})
        samples = []
        for number in sorted(chosen.tolist()):
            path = folder / f"{number:05}"
            path.write_bytes(archive.read(names[number]))
            samples.append((str(path), classes.index(names[number].split("/")[-2])))
    return samples, classes


SETS = {"digits": digits, "animals": animals, "cifar10": cifar10}


def parts(samples: list[Sample], shares: list[float], seed: int) -> list[list[Sample]]:
    """Divide the samples, each class alike."""
    labels = np.array([index for _, index in samples])
    part = divide(labels, np.arange(len(labels)), shares, seed=seed)
    return [[samples[row] for row in np.flatnonzero(part == each)] for each in range(len(shares))]


def answered_wrongly(
    fitter: FoldFitter, learned: list[Sample], held: list[Sample], seed: int
) -> np.ndarray:
    """Fit on nine tenths of the learned samples, a tenth chooses the epoch; ask about the held."""
    train, validation = parts(learned, [0.9, 0.1], seed)
    samples = TrainingSamples(train=train, validation=validation, pixels=FilePixels())
    with tempfile.TemporaryDirectory() as folder:
        answers = fitter.answers(samples, held, Watch(Silent()), Path(folder))
    return decide(answers) != np.array([index for _, index in held])


def curve(fitter: FoldFitter, samples: list[Sample], seed: int) -> tuple[list[int], np.ndarray]:
    """Return sizes, and (sizes, images) which image was answered wrongly by who lacked it."""
    folds = parts(samples, [1 / FOLDS] * FOLDS, seed)
    sizes: list[list[int]] = [[] for _ in SHARES]
    wrong: list[list[np.ndarray]] = [[] for _ in SHARES]
    for number, held in enumerate(folds):
        others = [sample for fold in folds if fold is not held for sample in fold]
        for place, share in enumerate(SHARES):
            learned = subset(others, share, number)
            sizes[place].append(len(learned))
            wrong[place].append(answered_wrongly(fitter, learned, held, seed))
    return [round(np.mean(each)) for each in sizes], np.array([np.concatenate(w) for w in wrong])


def main(names: list[str]) -> None:
    """Print a row for each set and seed."""
    print("| set | seed | a quarter | all | forecast | interval | width | measured | inside |")
    print("|---|---:|---:|---:|---:|---|---:|---:|---|", flush=True)
    for name in names:
        if name == "cifar10" and not CIFAR10.is_file():
            print(f"Skipped: {CIFAR10} is not there.")
            continue
        vectors = Remembered()
        with tempfile.TemporaryDirectory() as folder:
            samples, classes = SETS[name](Path(folder))
            pretrained = Pretrained(
                weights_dir=None, backbones_dir=Path(folder) / "backbones", vectors=vectors
            )
            preset = PRESETS[PRESET]
            fitter = FoldFitter(preset, preset.defaults, classes, pretrained)
            for seed in SEEDS:
                test, rest = parts(samples, [0.2, 0.8], seed)
                quarter, _ = parts(rest, [0.25, 0.75], seed)
                sizes, wrong = curve(fitter, quarter, seed)
                accuracy, (low, high) = predicted_accuracy(sizes, wrong, len(rest), len(test))
                measured = 1 - answered_wrongly(fitter, rest, test, seed).mean()
                print(
                    f"| {name} | {seed} | {len(quarter)} | {len(rest)} | {accuracy:.3f} "
                    f"| {low:.3f} to {high:.3f} | {high - low:.3f} | {measured:.3f} "
                    f"| {'yes' if low <= measured <= high else 'no'} |",
                    flush=True,
                )


if __name__ == "__main__":
    main(sys.argv[1:] or list(SETS))
