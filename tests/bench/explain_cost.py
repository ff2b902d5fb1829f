"""What an explanation costs a prediction: CPU milliseconds of the model process and its decoders.

    python -m tests.bench.explain_cost [IMAGES] [--plain]

EfficientNet-Lite0 with its own 1,000 classes, 256-pixel JPEGs, one image a request, in turn:
without an explanation, with ``explain=true``, by Grad-CAM, by occlusion. ``--plain`` asks without
alone, so that it runs on a version of Loupe from before explanations, too. Prints a Markdown table.
"""

import hashlib
import io
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import django

django.setup()

import numpy as np  # noqa: E402
import psutil  # noqa: E402
from PIL import Image  # noqa: E402

from classifier.engine.backbones.efficientnet_lite0.backbone import (  # noqa: E402
    EFFICIENTNET_LITE0,
    arrays_of,
)
from classifier.engine.backbones.efficientnet_lite0.onnx_graph import (  # noqa: E402
    classifier_model,
)
from classifier.prediction.serving.server import (  # noqa: E402
    Judgement,
    ModelFile,
    ModelServer,
)

TURNS = 5


def main(count: int, kinds: dict) -> None:
    """Ask in turn and print."""
    weights = EFFICIENTNET_LITE0.weights.at_hand(None)
    content = classifier_model(
        224, arrays_of(weights), [str(number) for number in range(1000)]
    ).SerializeToString()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(content)
        model = ModelFile(path, hashlib.sha256(content).hexdigest())
        server = ModelServer()
        spent: dict[str, list[float]] = {kind: [] for kind in kinds}
        for turn in range(TURNS + 1):
            for kind, judgement in kinds.items():
                images = files(
                    count if kind in ("without", "explain=true") else max(1, count // 10)
                )
                before = seconds(server)
                for image in images:
                    answer = server.answer(
                        model, [image], top_k=5, deadline=time.time() + 60, judgement=judgement
                    )
                    assert answer.images[0].answer, answer
                if turn:
                    spent[kind].append((seconds(server) - before) * 1000 / len(images))
    print("| asked | CPU ms an image, median | all turns |\n|---|---:|---|")
    for kind, found in spent.items():
        told = ", ".join(f"{each:.2f}" for each in found)
        print(f"| {kind} | {statistics.median(found):.2f} | {told} |")


def files(count: int) -> list[bytes]:
    """Return JPEGs of 256 pixels."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(count):
        small = Image.fromarray(random.integers(0, 256, (16, 16, 3), np.uint8))
        stream = io.BytesIO()
        small.resize((256, 256), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=90)
        found.append(stream.getvalue())
    return found


def seconds(server: ModelServer) -> float:
    """Return what the model process and its decoders have used of the processors."""
    if server.pid is None:
        return 0.0
    root = psutil.Process(server.pid)
    times = [each.cpu_times() for each in (root, *root.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--plain"]
    asked: dict = {"without": Judgement()}
    if "--plain" not in sys.argv:
        from classifier.engine.explain.methods import Wish

        asked |= {
            "explain=true": Judgement(explain=Wish()),
            "grad_cam": Judgement(explain=Wish(method="grad_cam")),
            "occlusion": Judgement(explain=Wish(method="occlusion")),
        }
    main(int(words[0]) if words else 100, asked)
