"""Train cnn_tiny on coloured squares and print the outcome: `python train_tiny_model.py DIR`."""

import json
import random
import sys
from dataclasses import asdict, replace
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

from PIL import Image  # noqa: E402

from classifier.engine.fit.training import train  # noqa: E402
from classifier.engine.presets.registry import checked_config  # noqa: E402
from classifier.engine.samples import TrainingSamples  # noqa: E402

COLORS = {"blue": (30, 30, 220), "green": (30, 200, 30), "red": (220, 30, 30)}


class Silent:
    """An observer that keeps quiet."""

    def stage(self, message) -> None:
        pass

    def epoch(self, metrics) -> None: ...

    def progress(self, *args) -> None: ...

    def should_stop(self) -> bool:
        return False


def main(folder: Path) -> None:
    """Write model.keras and model.onnx into `folder`."""
    noise = random.Random(0)
    samples = []
    for index, (name, color) in enumerate(COLORS.items()):
        for number in range(24):
            path = folder / f"{name}-{number}.png"
            tint = tuple(max(0, min(255, part + noise.randint(-30, 30))) for part in color)
            Image.new("RGB", (24, 24), tint).save(path)
            samples.append((path, index))
    outcome = train(
        samples=TrainingSamples(train=samples, validation=samples[::4]),
        config=replace(
            checked_config("cnn_tiny", {"epochs": 8, "batch_size": 8, "augmentation": "none"}),
            deterministic=False,
        ),
        preset="cnn_tiny",
        class_names=list(COLORS),
        output_dir=folder,
        weights_dir=None,
        observer=Silent(),
        checkpoint_dir=None,
    )
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
