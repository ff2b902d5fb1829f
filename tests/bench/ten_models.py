"""Ten models on one backbone in one predict worker: the memory that they take.

    python -m tests.bench.ten_models [MODELS]

from the repository root. Keeps ten files of random heads on EfficientNet-Lite0, starts a predict
worker, asks each model about a picture, and prints the memory of the whole process tree (PSS: what
processes share is counted once) when it is ready, after the first model and after the last. Then
the sessions of the whole files alone are opened one after the other, as before heads shared one.
"""

import os
import subprocess
import sys
import tempfile
import uuid
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

import tests.servers

tests.servers.start()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django  # noqa: E402

django.setup()

from classifier.engine.backbones.opened import open_backbone  # noqa: E402
from classifier.engine.backbones.registry import DEFAULT  # noqa: E402
from classifier.engine.files import facts_of  # noqa: E402
from classifier.engine.fit.head import Head  # noqa: E402
from classifier.engine.formats.compose import write_composed  # noqa: E402
from classifier.engine.formats.facts import ONNX_FILE, ModelFacts  # noqa: E402
from classifier.engine.runtime.predictor import Predictor  # noqa: E402
from classifier.prediction.serving import mailbox  # noqa: E402
from storage import durable, scratch  # noqa: E402
from storage.names import model_file_name  # noqa: E402
from tests.servers import REPOSITORY_DIR  # noqa: E402

CLASSES = 10
Kept = tuple[uuid.UUID, str]


def main(count: int) -> None:
    """Measure the worker, then sessions of whole files."""
    models = [_kept(number) for number in range(count)]
    worker = subprocess.Popen([sys.executable, "manage.py", "serve_predictions"],
                              cwd=REPOSITORY_DIR)  # fmt: skip
    try:
        _ask(models[0], warm=True)
        tree = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children(recursive=True)]
        print(f"one model: {_pss(tree):.0f} MB in {len(tree)} processes")
        for model in models:
            _ask(model)
        print(f"{count} models: {_pss(tree):.0f} MB (target 500)")
        for process in tree:
            print(f"  {_pss([process]):.0f} MB {' '.join(process.cmdline()[1:4])}")
    finally:
        worker.terminate()
        worker.wait()
    own = psutil.Process()
    before, open_files = _pss([own]), []
    for model, sha256 in models:
        path = durable.local(model_file_name(model, ONNX_FILE))
        open_files.append(Predictor.load(path, sha256, threads=1))
        size = open_files[-1].image_size
        open_files[-1].predict(np.zeros((1, size, size, 3), np.uint8))
    each = (_pss([own]) - before) / count
    print(f"a session of a whole file: {each:.0f} MB each, {each * count:.0f} MB for {count}")
    tests.servers.stop()


def _kept(seed: int) -> Kept:
    backbone = open_backbone(DEFAULT, weights_dir=None, folder=scratch.backbones_dir())
    head, version = Head.untrained(DEFAULT.width, CLASSES, seed), uuid.uuid4()
    names = tuple(f"class {number}" for number in range(CLASSES))
    size, fit = backbone.image_size, backbone.fit
    facts = ModelFacts(class_names=names, image_size=size, fit=fit, preset=DEFAULT.name)
    with tempfile.TemporaryDirectory(dir=os.environ["LOUPE_DATA_DIR"]) as folder:
        path = Path(folder) / ONNX_FILE
        write_composed(backbone.onnx, head.kernel, head.bias, facts, path)
        sha256 = facts_of(path)["sha256"]
        durable.take_over(path, model_file_name(version, ONNX_FILE))
    return version, sha256


def _ask(model: Kept, *, warm: bool = False) -> None:
    """Have a picture answered; the first answer may wait for the worker's start."""
    picture = BytesIO()
    Image.effect_noise((256, 256), 80).convert("RGB").save(picture, "JPEG")
    for _ in range(6 if warm else 1):
        request = mailbox.Request.new(*model, 3)
        mailbox.send(request, [picture.getvalue()])
        if answer := mailbox.wait(request, mailbox.WAIT_SECONDS):
            assert answer.error is None, answer.error
            return
    raise SystemExit("The predict worker gives no answer.")


def _pss(processes: list[psutil.Process]) -> float:
    return sum(process.memory_full_info().pss for process in processes) / 1e6


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 10)
