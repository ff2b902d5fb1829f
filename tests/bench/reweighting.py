"""Reweighting by subgroup where a bias was planted: digits and animals under two colour casts.

    python -m tests.bench.reweighting [digits|animals] [PRESET ...]

Each image learned from is given a warm or a cool cast: warm with a chance of 0.95 where its class
is one of the first half (by name), with 0.05 otherwise. Seeds 0 to 2 divide the images 80/20 (of
the 80 a tenth validates, with the same bias) and draw the casts; of animals 500 are used. Every
training is done as it is and with `reweight_by`, all else alike. Test images are answered twice,
once in each cast, so that the casts say nothing there; and once in the cast that the bias would
give them. Prints a Markdown table: gaps are between the two casts, as a report has them.
"""

import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from classifier.engine.fit.training import train
from classifier.engine.measure.gaps import gaps_of
from classifier.engine.presets.registry import checked_config
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import Sample, TrainingSamples
from classifier.engine.subgroups import Subgroups
from tests.bench.classic import Remembered, animals, digits
from tests.bench.heads import SEEDS, Silent
from tests.classifier.engine.file_pixels import FilePixels

CASTS = {"warm": (1.0, 0.8, 0.5), "cool": (0.5, 0.8, 1.0)}
USUAL = 0.95
MOST = 500
SETTINGS: dict[str, dict[str, Any]] = {
    "cnn_tiny": {"image_size": 16, "epochs": 12},
    "logistic_regression": {"input": "pixels", "side": 8, "colour": True},
    "random_forest": {"input": "pixels", "side": 8, "colour": True},
    "efficientnet_lite0": {},
}
PRESETS = {
    "digits": ("cnn_tiny", "logistic_regression", "random_forest"),
    "animals": ("efficientnet_lite0", "logistic_regression", "random_forest"),
}


def main(name: str, presets: tuple[str, ...]) -> None:
    """Print a row for each preset, seed and way."""
    print(
        "| preset | seed | reweighted | accuracy, casts even | warm | cool "
        "| demographic parity | equalised odds | accuracy, casts as learned | CPU s |"
    )
    print("|---|---|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    vectors = Remembered()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        samples, names = {"digits": digits, "animals": animals}[name](folder)
        if len(samples) > 2 * MOST and name == "animals":
            chosen = np.random.default_rng(7).permutation(len(samples))[:MOST]
            samples = [samples[place] for place in sorted(chosen)]
        cast = {each: _cast(samples, each, folder) for each in CASTS}
        for preset in presets:
            for seed in SEEDS:
                for weighed in (False, True):
                    row = one(preset, name, names, cast, seed, weighed, vectors, folder)
                    way = "yes" if weighed else "no"
                    print(f"| `{preset}` | {seed} | {way} | {' | '.join(row)} |", flush=True)


def one(
    preset: str,
    name: str,
    names: list[str],
    cast: dict[str, list[Sample]],
    seed: int,
    weighed: bool,
    vectors: Remembered,
    folder: Path,
) -> list[str]:
    """Train, and answer the test images in both casts."""
    random = np.random.default_rng(100 + seed)
    total = len(cast["warm"])
    order = random.permutation(total)
    first = np.array([index < len(names) // 2 for _, index in cast["warm"]])
    warm = random.random(total) < np.where(first, USUAL, 1 - USUAL)
    given = [cast["warm" if warm[place] else "cool"][place] for place in range(total)]
    test, rest = np.split(order, [total // 5])
    validation, learned = np.split(rest, [len(rest) // 10])
    values = {given[place]: "warm" if warm[place] else "cool" for place in range(total)}
    subgroups = Subgroups("cast", tuple(names), values) if weighed else None
    config = dict(SETTINGS[preset]) if name == "digits" or preset == "efficientnet_lite0" else {}
    if "seed" in checked_config(preset, {}).to_dict():
        config["seed"] = seed
    started = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with tempfile.TemporaryDirectory() as output:
        train(
            samples=TrainingSamples(
                train=[given[place] for place in learned],
                validation=[given[place] for place in validation],
                pixels=FilePixels(),
                subgroups=subgroups,
            ),
            config=checked_config(preset, config | {"reweight_by": "cast" if weighed else ""}),
            preset=preset,
            class_names=names,
            output_dir=Path(output),
            weights_dir=None,
            backbones_dir=folder / "backbones",
            observer=Silent(),
            checkpoint_dir=None,
            vectors=None if preset == "cnn_tiny" or name == "digits" else vectors,
            measured_dir=folder / "measured",
        )
        seconds = resource.getrusage(resource.RUSAGE_SELF).ru_utime - started
        model = Predictor.load(Path(output) / "model.onnx")
        said = {each: _answers(model, [cast[each][place] for place in test]) for each in CASTS}
    truth = np.array([cast["warm"][place][1] for place in test])
    both = np.concatenate([said["warm"], said["cool"]])
    groups = ["warm"] * len(test) + ["cool"] * len(test)
    (gaps,) = gaps_of(both, np.concatenate([truth, truth]), names, {"cast": groups})
    usual = np.where(warm[test], said["warm"], said["cool"])
    right = {each: float((said[each] == truth).mean()) for each in CASTS}
    shown = [np.mean(list(right.values())), right["warm"], right["cool"]]
    two = (gaps.demographic_parity, gaps.equalised_odds)
    shown += [gap.value if gap else float("nan") for gap in two]
    return [*(f"{each:.3f}" for each in [*shown, (usual == truth).mean()]), f"{seconds:.0f}"]


def _answers(model: Predictor, samples: list[Sample]) -> np.ndarray:
    rows = FilePixels().rows([path for path, _ in samples], *model.views[0])
    return model.predict_rows(rows, lambda done, total: None).argmax(axis=1)


def _cast(samples: list[Sample], name: str, folder: Path) -> list[Sample]:
    """Write each image in a cast: its channels are multiplied."""
    found = []
    for path, index in samples:
        pixels = np.asarray(Image.open(path).convert("RGB"), np.float32) * np.array(CASTS[name])
        target = folder / f"{Path(path).stem}-{name}.png"
        Image.fromarray(pixels.astype(np.uint8)).save(target)
        found.append((str(target), index))
    return found


if __name__ == "__main__":
    which = sys.argv[1] if len(sys.argv) > 1 else "digits"
    main(which, tuple(sys.argv[2:]) or PRESETS[which])
