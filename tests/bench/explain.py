"""Pointing game: is the heat where the marker is that decides the class? By preset and method.

    python -m tests.bench.explain [PRESET ...]

Photographs of animals.zip, one of two markers planted at a random place in each: nothing else
tells the classes apart. Presets are trained on 500 of them, by the engine's own path; each method
that the served file can do explains the answers to 100 others. A hit: the hottest cell of the map
touches the marker, give or take 15 of 224 pixels (Zhang et al., 2016). *Chance* is how often a
random cell does. Prints a Markdown table; exits with 1 where a preset's method hits less than 0.9.
About 10 minutes; needs ``../shared/data``.
"""

import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from PIL import Image

from classifier.engine.explain.explainer import Explainer
from classifier.engine.explain.occlusion import occlusion
from classifier.engine.fit.training import train
from classifier.engine.presets.registry import checked_config
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import TrainingSamples
from common.pixels import read_pixels
from tests.bench.heads import Silent
from tests.classifier.engine.file_pixels import FilePixels
from tests.datasets.analysis.planting import ANIMALS, files_in

SIDE, MARKER = 96, 28
MARGIN = SIDE * 15 / 224
TRAIN, VALIDATION, TEST = 400, 100, 100
# Networks from nothing in fewer epochs than the preset has: the marker is easy.
SCRATCH = {"epochs": 12, "image_size": 96, "augmentation": "none"}
SMALL = {**SCRATCH, "image_size": 64}
CONFIGS: dict[str, dict] = {
    "efficientnet_lite0": {},
    "resnet_small": SMALL,
    "nin": SMALL,
    "squeezenet": SCRATCH,
    "vgg_small": SMALL,
    "lenet5": SMALL,
    "alexnet": SCRATCH,
    "compact_transformer": {**SMALL, "epochs": 20},
    "mlp": {"epochs": 30, "image_size": 32, "augmentation": "none"},
    "logistic_regression": {"input": "vectors"},
    "random_forest": {"input": "colours", "side": 64},
    "rbf_svm": {"input": "vectors"},
}


def planted(folder: Path):
    """Write the images; return (path, class, corner) of each."""
    random = np.random.default_rng(0)
    files = [content for _, content in itertools.islice(files_in(ANIMALS), 0, None, 4)]
    random.shuffle(files)
    found = []
    for number, content in enumerate(files[: TRAIN + VALIDATION + TEST]):
        pixels = read_pixels(content, SIDE).copy()
        row, column = random.integers(0, SIDE - MARKER + 1, 2)
        label = number % 2
        place = pixels[row : row + MARKER, column : column + MARKER]
        place[:] = (250, 220, 0) if label else (0, 200, 250)
        stripes = np.s_[:, ::4] if label else np.s_[::4, :]
        place[stripes] = 0
        path = folder / f"{number}.png"
        Image.fromarray(pixels).save(path)
        found.append((str(path), label, (int(row), int(column))))
    return found


def fitted(preset: str, images, folder: Path) -> Path:
    """Train on the first images; return the served file."""
    samples = [(path, label) for path, label, _ in images]
    for name in ("backbones", "measured"):
        (folder / name).mkdir(exist_ok=True)
    train(
        samples=TrainingSamples(
            train=samples[:TRAIN],
            validation=samples[TRAIN : TRAIN + VALIDATION],
            pixels=FilePixels(),
        ),
        config=checked_config(preset, CONFIGS[preset]),
        preset=preset,
        class_names=["cyan", "yellow"],
        output_dir=folder / preset,
        weights_dir=None,
        backbones_dir=folder / "backbones",
        measured_dir=folder / "measured",
        observer=Silent(),
        checkpoint_dir=None,
    )
    return folder / preset / "model.onnx"


def played(file: Path, images) -> dict:
    """Return what each method of the file hits, and its CPU seconds an image."""
    content = file.read_bytes()
    model, explainer = Predictor.of(content, threads=1), Explainer.of(content)
    size, fit = model.views[0]
    pixels = np.stack([read_pixels(Path(path), size, fit) for path, _, _ in images])
    answers = model.predict(pixels).argmax(axis=1)
    right = float((answers == [label for _, label, _ in images]).mean())
    found: dict = {"accuracy": right, "methods": {}}
    for method in explainer.methods:
        began = time.process_time()
        maps = [one(method, explainer, model, each, int(answer))
                for each, answer in zip(pixels, answers, strict=True)]  # fmt: skip
        seconds = (time.process_time() - began) / len(maps)
        corners = [corner for _, _, corner in images]
        hits = [touches(each, each.argmax(), corner)
                for each, corner in zip(maps, corners, strict=True)]  # fmt: skip
        chance = [touches(each, place, corner)
                  for each, corner in zip(maps, corners, strict=True)
                  for place in range(each.size)]  # fmt: skip
        found["methods"][method] = {
            "hits": float(np.mean(hits)),
            "chance": float(np.mean(chance)),
            "map": list(maps[0].shape),
            "seconds": seconds,
        }
    began = time.process_time()
    for each in pixels[:20]:
        model.predict(each[None])
    found["predict"] = (time.process_time() - began) / 20
    return found


def one(method: str, explainer: Explainer, model: Predictor, pixels, index: int):
    """Return the map of an image by a method."""
    if method == "cam":
        return run(explainer.cam(pixels, model.views, index))[0]
    if method == "grad_cam":
        return run(explainer.grad_cam(pixels, model.views, index))
    return run(occlusion(model, pixels, (SIDE, SIDE), index))


def run(steps):
    """Return what a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def touches(heat, place: int, corner) -> bool:
    """Whether a cell of the map lies on the marker, or partly, within the margin."""
    cell = SIDE / np.array(heat.shape)
    start = np.array(np.unravel_index(place, heat.shape)) * cell
    first, last = np.array(corner) - MARGIN, np.array(corner) + MARKER + MARGIN
    return bool(np.all(start + cell > first) and np.all(start < last))


def alone(preset: str, folder: Path) -> None:
    """Train and play; print JSON."""
    images = [tuple(each) for each in json.loads((folder / "images.json").read_text())]
    print(json.dumps(played(fitted(preset, images, folder), images[-TEST:])))


def main(presets: list[str]) -> None:
    """Print a row for each preset and method."""
    if not ANIMALS.is_file():
        print(f"Skipped: {ANIMALS} is not there.")
        return
    told = SimpleNamespace(missed=[])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "images.json").write_text(json.dumps(planted(folder)))
        print(
            "| preset | accuracy | method | map | hits | chance | CPU ms | a prediction, CPU ms |"
        )
        print("|---|---:|---|---|---:|---:|---:|---:|")
        for preset in presets:
            words = [sys.executable, "-m", "tests.bench.explain", "--alone", preset, name]
            done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            for method, said in found["methods"].items():
                print(
                    f"| `{preset}` | {found['accuracy']:.2f} | `{method}` | "
                    f"{said['map'][0]} × {said['map'][1]} | {said['hits']:.2f} | "
                    f"{said['chance']:.2f} | {said['seconds'] * 1000:.0f} | "
                    f"{found['predict'] * 1000:.1f} |",
                    flush=True,
                )
                if said["hits"] < 0.9:
                    told.missed.append(f"{preset} by {method}")
    if told.missed:
        sys.exit(f"Less than 0.9: {', '.join(told.missed)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        alone(sys.argv[2], Path(sys.argv[3]))
    else:
        main(sys.argv[1:] or list(CONFIGS))
