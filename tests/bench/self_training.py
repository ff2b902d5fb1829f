"""Self-training with few labels: digits from nothing and animals on vectors, with and without.

    python -m tests.bench.self_training [digits|animals] [SHARE ...]

Seeds 0 to 2 divide the images: a fifth is for tests, SHARE of the rest (0.02 and 0.1) is labelled,
of which 15 % validate; what is left has no class. Both trainings have the same settings, the
preset's, but for self_training 0.95. Prints a Markdown table.
"""

import resource
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from classifier.engine.fit.training import train
from classifier.engine.presets.registry import checked_config
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import Sample, TrainingSamples
from tests.bench.classic import Remembered, animals, digits
from tests.bench.heads import SEEDS, Silent
from tests.classifier.engine.file_pixels import FilePixels

CONFIDENCE = 0.95
RECIPES: dict[str, tuple[str, dict[str, Any]]] = {
    "digits": ("cnn_tiny", {"image_size": 16, "epochs": 40, "early_stopping_patience": 0}),
    "animals": ("efficientnet_lite0", {}),
}


class End(NamedTuple):
    """Accuracy on test, seconds of a processor, how many joined, and with how many wrong classes.

    `wrong` is None where the fit without them was better on validation.
    """

    accuracy: float
    seconds: float
    joined: int
    wrong: int | None


def main(name: str, shares: Sequence[float]) -> None:
    """Print a row for each share of labels and each seed."""
    preset, config = RECIPES[name]
    vectors = Remembered()
    with tempfile.TemporaryDirectory() as folder:
        samples, names = {"digits": digits, "animals": animals}[name](Path(folder))
        print(f"{name}, `{preset}`, {len(samples)} images, {len(names)} classes\n")
        print("| labelled | seed | joined | of them wrong | without | with | difference | CPU s |")
        print("|---|---|---:|---:|---:|---:|---:|---:|", flush=True)
        for share in shares:
            for seed in SEEDS:
                parts = divided(samples, share, seed)
                ends = [
                    one(preset, config | {"seed": seed, "self_training": each}, names, parts,
                        vectors, Path(folder))
                    for each in (0.0, CONFIDENCE)
                ]  # fmt: skip
                told(parts, seed, ends)


def divided(samples: list[Sample], share: float, seed: int) -> dict[str, list[Sample]]:
    """Return train, validation, unlabelled and test."""
    order = np.random.default_rng(100 + seed).permutation(len(samples))
    test, rest = np.split(order, [len(order) // 5])
    labelled, unlabelled = np.split(rest, [int(len(rest) * share)])
    validation, learned = np.split(labelled, [int(len(labelled) * 0.15)])
    parts = {
        "train": learned, "validation": validation, "unlabelled": unlabelled, "test": test,
    }  # fmt: skip
    return {part: [samples[place] for place in places] for part, places in parts.items()}


def one(
    preset: str,
    config: dict[str, Any],
    names: list[str],
    parts: dict[str, list[Sample]],
    vectors: Remembered,
    folder: Path,
) -> End:
    """Train, and answer the test images."""
    pixels = FilePixels()
    started = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with tempfile.TemporaryDirectory() as output:
        outcome = train(
            samples=TrainingSamples(
                train=parts["train"],
                validation=parts["validation"],
                pixels=pixels,
                unlabelled=[content for content, _ in parts["unlabelled"]],
            ),
            config=checked_config(preset, config),
            preset=preset,
            class_names=names,
            output_dir=Path(output),
            weights_dir=None,
            backbones_dir=folder / "backbones",
            observer=Silent(),
            checkpoint_dir=None,
            vectors=vectors if preset == "efficientnet_lite0" else None,
            measured_dir=folder / "measured",
        )
        seconds = resource.getrusage(resource.RUSAGE_SELF).ru_utime - started
        model = Predictor.load(Path(output) / "model.onnx")
        rows = pixels.rows(
            [content for content, _ in parts["test"]],
            *model.views[0],
            lambda done, total: None,
        )
        said = model.predict_rows(rows, lambda done, total: None).argmax(axis=1)
        taken = Path(output) / "self_training.csv"
        lines = taken.read_text().splitlines()[1:] if taken.is_file() else []
    truth = np.array([index for _, index in parts["test"]])
    about = outcome.metrics.get("self_training")
    count = sum(about["taken"].values()) if about else 0
    known = {content: names[index] for content, index in parts["unlabelled"]}
    wrong = sum(known[content] != name for content, name, _ in (each.split(",") for each in lines))
    return End(float((said == truth).mean()), seconds, count, wrong if lines else None)


def told(parts: dict[str, list[Sample]], seed: int, ends: list[End]) -> None:
    """Print one row."""
    without, with_it = ends
    wrong = "the first fit is kept" if with_it.wrong is None else str(with_it.wrong)
    gained = with_it.accuracy - without.accuracy
    print(
        f"| {len(parts['train'])} + {len(parts['validation'])} | {seed} | {with_it.joined} "
        f"| {wrong} | {without.accuracy:.3f} | {with_it.accuracy:.3f} | {gained:+.3f} "
        f"| {without.seconds:.1f}, {with_it.seconds:.1f} |",
        flush=True,
    )


if __name__ == "__main__":
    given = sys.argv[1:] or ["digits"]
    main(given[0], [float(share) for share in given[1:]] or [0.02, 0.1])
