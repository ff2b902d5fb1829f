"""Every export on photographs: answers that change, sizes and milliseconds, by preset.

    python -m tests.bench.exports [PRESET…]
    python -m tests.bench.exports --lite

from the repository root. Each preset (default: efficientnet_lite0 and mobilenet_v2) is trained on
the shared animals set, exported in every format, and each file is run, as a file, on the set's 600
test photographs, as a worker does it: 200 train images give the ranges of int8, 300 of validation
choose how much is pruned. Prints a Markdown table. `--lite` writes every network of the catalogue
that needs no weights, untrained, for TensorFlow Lite, and says which one is refused for what.
"""

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classifier.engine.errors import BadData
from classifier.engine.files import compressed_bytes, sha256_of
from classifier.engine.fit.stored_network import network_of_head, stored_network
from classifier.engine.fit.training import train
from classifier.engine.formats.export import write_keras
from classifier.engine.formats.exports import FORMATS
from classifier.engine.formats.facts import KERAS_FILE, ONNX_FILE, ModelFacts
from classifier.engine.formats.file_process import FileProcess
from classifier.engine.formats.pruned import write_pruned
from classifier.engine.formats.saved_model import write_saved_model
from classifier.engine.formats.tflite import write_tflite
from classifier.engine.measure.flips import flips
from classifier.engine.presets.layers import scratch_network
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.presets.scratch import ScratchPreset
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import contents_of, labels_of
from classifier.engine.target import decide, with_answers
from tests.bench.engine_targets import DATA, Files, Printer, folder_split

LITE = {
    "tflite": "float32",
    "tflite_float16": "float16",
    "tflite_dynamic": "dynamic",
    "tflite_int8": "int8",
}
Write = Callable[[Path], Any]


def main(presets: list[str]) -> None:
    """Train, export and measure each preset."""
    if not (DATA / "animals.zip").is_file():
        print("Skipped: animals.zip is not there.")
        return
    for preset in presets:
        with tempfile.TemporaryDirectory() as name:
            measure(preset, Path(name))


def measure(preset: str, folder: Path) -> None:
    """Print the table of one preset."""
    files = Files(folder)
    samples, test, names = folder_split("animals.zip", "validation", folder / "data", files)
    config: Any = checked_config(preset, {})
    train(
        samples=samples,
        config=config,
        preset=preset,
        class_names=names,
        output_dir=folder,
        weights_dir=DATA / "weights",
        backbones_dir=folder / "backbones",
        observer=Printer(),
        checkpoint_dir=None,
    )
    served = Predictor.load(folder / ONNX_FILE)

    def pixels(contents: Any) -> Any:
        rows = files.pixels.rows(contents, config.image_size, config.fit, lambda done, total: None)
        return np.concatenate(list(rows.batches(np.arange(len(rows)), 64)))

    tested, labels = pixels(contents_of(test)), labels_of(test)
    expected = served.predict(tested)
    right = float(np.mean(decide(expected) == labels))
    print(f"\n{PRESETS[preset].title}: {right:.2%} of {len(test)} test images right\n")
    print("| format | accuracy, points | other answers | largest difference | MB | zipped | ms |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    every = contents_of(samples.train)
    calibration = pixels(every[:: max(1, len(every) // 200)][:200])
    other = pixels(contents_of(samples.validation)[:300])
    for name, write in writers(preset, config, folder, served, calibration, other).items():
        path = folder / "out" / FORMATS[name].file
        path.parent.mkdir(exist_ok=True)
        try:
            write(path)
        except BadData as error:
            print(f"| {name} | {error.detail} |||||", flush=True)
            continue
        with FileProcess(path, tested.shape[1:], len(names)) as file:
            found = np.concatenate([file.predict(part) for part in np.array_split(tested, 20)])
        with FileProcess(path, tested.shape[1:], len(names), one_core=True) as file:
            taken = file.milliseconds(tested[:12])
        seen = flips(found, expected)
        change = 100 * (float(np.mean(decide(found) == labels)) - right)
        print(
            f"| {name} | {change:+.2f} | {seen.flipped} of {seen.images} "
            f"| {seen.largest_difference:.1e} | {path.stat().st_size / 1e6:.2f} "
            f"| {compressed_bytes(path) / 1e6:.2f} | {taken:.1f} |",
            flush=True,
        )


def writers(
    preset: str, config: Any, folder: Path, served: Predictor, calibration: Any, other: Any
) -> dict[str, Write]:
    """Return what writes each format."""
    stored, onnx = folder / KERAS_FILE, folder / ONNX_FILE
    chosen: Any = PRESETS[preset]
    network = (
        stored_network(stored, sha256_of(stored))
        if stored.is_file()
        else network_of_head(onnx, sha256_of(onnx), chosen, config, DATA / "weights")
    )
    view = served.views[0]
    facts = ModelFacts(
        class_names=served.class_names, image_size=view.size, fit=view.fit, preset=preset
    )

    def lite(numbers: Any, path: Path) -> None:
        write_tflite(network, facts, path, numbers=numbers, calibration=calibration)

    return {
        "onnx": lambda path: path.write_bytes(onnx.read_bytes()),
        "onnx_pruned": lambda path: print(f"pruned: {write_pruned(onnx, path, other):.2f}"),
        "keras": lambda path: write_keras(network, facts, path),
        "saved_model": lambda path: write_saved_model(network, facts, path),
        **{name: partial(lite, numbers) for name, numbers in LITE.items()},
    }


def lite_of_all() -> None:
    """Write each network that is trained from nothing for TensorFlow Lite, as int8."""
    for name, preset in PRESETS.items():
        if not isinstance(preset, ScratchPreset):
            continue
        config: Any = preset.config({})
        size = config.image_size
        network = with_answers(scratch_network(preset, config, 3, precision="float32"))
        facts = ModelFacts(
            class_names=("a", "b", "c"), image_size=size, fit=config.fit, preset=name
        )
        images = np.random.default_rng(0).integers(0, 256, (4, size, size, 3), np.uint8)
        with tempfile.TemporaryDirectory() as folder:
            try:
                path = Path(folder) / "model.int8.tflite"
                write_tflite(network, facts, path, numbers="int8", calibration=images)
                print(f"{name}: {path.stat().st_size / 1e6:.2f} MB", flush=True)
            except BadData as error:
                print(f"{name}: {error.detail}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--lite"]:
        lite_of_all()
    else:
        main(sys.argv[1:] or ["efficientnet_lite0", "mobilenet_v2"])
