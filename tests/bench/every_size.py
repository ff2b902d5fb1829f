"""Every preset at its smallest image size, an odd one and one in between, with each fit.

    python -m tests.bench.every_size [PRESET ...]

One epoch on twelve pictures of odd proportions (up to 40 to 1), random weights under pretrained
networks, then the files with their own check against Keras or scikit-learn. Prints a line for each;
an error is printed and the next one follows.
"""

import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from classifier.engine.errors import BadData
from classifier.engine.fit.training import train
from classifier.engine.formats.classic.plan import KINDS
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.registry import PRESETS
from classifier.engine.presets.transfer import TransferPreset
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import Sample, TrainingSamples
from common.fit import FITS
from tests.bench.heads import Silent
from tests.classifier.engine.file_pixels import FilePixels
from tests.classifier.engine.random_weights import random_weights

SHAPES = ((7, 280), (280, 7), (33, 47), (64, 64), (1, 40), (90, 31))


def main(names: list[str]) -> None:
    """Print a line for each preset, size and fit."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        samples = list(_pictures(folder))
        for name in names or list(PRESETS):
            preset = PRESETS[name]
            if isinstance(preset, TransferPreset):
                random_weights(preset, folder, _write)
            for config in _configs(preset):
                started = time.process_time()
                print(f"{name} {config}: {_trained(preset, config, samples, folder)}, "
                      f"{time.process_time() - started:.0f} s", flush=True)  # fmt: skip


def _write(network: Any, path: Path) -> None:
    """Write weights in the layout of keras.applications' published files."""
    import h5py
    from keras.src.legacy.saving import legacy_h5_format

    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)


def _configs(preset: Preset) -> Iterator[dict[str, Any]]:
    if preset.kind == "classic":
        least = int(preset.settings["side"].minimum or 0)
        for number, kind in enumerate(KINDS):
            cells = 2 if kind not in ("vectors", "pixels") else None
            for place, side in enumerate((max(least, 4), 13)):
                given = {"input": kind, "fit": FITS[(number + place) % 3]}
                more = {"side": side} if kind != "vectors" else {}
                yield {**given, **more, **({"cells": cells} if cells else {})}
        return
    limits = preset.settings["image_size"]
    least = int(limits.minimum or 0)
    odd = least + 1 if least % 2 == 0 else least + 2
    sizes = (least, odd) if preset.kind == "transfer" else (least, odd, odd + 12)
    for size, fit in zip(sizes, ("crop", "pad", "stretch"), strict=False):
        config = {"image_size": size, "fit": fit, "epochs": 1, "batch_size": 4}
        if preset.kind == "transfer":
            config |= {"fine_tune_epochs": 1}
        yield config


def _trained(preset: Preset, config: dict[str, Any], samples: list[Sample], folder: Path) -> str:
    with tempfile.TemporaryDirectory(dir=folder) as output:
        try:
            outcome = train(
                samples=TrainingSamples(train=samples, validation=samples[:4], pixels=FilePixels()),
                config=preset.config(config),
                preset=preset.name,
                class_names=["a", "b"],
                output_dir=Path(output),
                weights_dir=folder,
                backbones_dir=folder / "backbones",
                observer=Silent(),
                checkpoint_dir=None,
                measured_dir=folder / "measured",
            )
        except BadData as error:
            return f"refused: {error.detail}"
        except Exception:
            return f"FAILED\n{traceback.format_exc()}"
        model = Predictor.load(Path(output) / "model.onnx")
        rows = FilePixels().rows([path for path, _ in samples], *model.views[0])
        answers = model.predict_rows(rows, lambda done, total: None)
        assert np.isfinite(answers).all()
        assert outcome.parity is not None
        return f"differs by {outcome.parity['max_abs_difference']:.1e}"


def _pictures(folder: Path) -> Iterator[Sample]:
    random = np.random.default_rng(0)
    for number, (height, width) in enumerate(SHAPES * 2):
        path = folder / f"{number}.png"
        pixels = random.integers(0, 256, (height, width, 3), np.uint8)
        pixels[..., number % 2] //= 3
        Image.fromarray(pixels).save(path)
        yield str(path), number % 2


if __name__ == "__main__":
    main(sys.argv[1:])
