"""The least that a prediction can cost: one process decodes and runs the model on two threads.

    python -m tests.bench.bare_process MODEL.onnx ARCHIVE.zip SECONDS

Pillow and ONNX Runtime, nothing of Loupe. Prints images a second and CPU milliseconds an image.
"""

import io
import json
import sys
import threading
import time
import zipfile
from itertools import cycle

import numpy as np
import onnxruntime as ort
from PIL import Image

SIZE = 224
THREADS = 2


def main(model: str, archive: str, seconds: float) -> None:
    """Keep every thread busy for so long."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    with zipfile.ZipFile(archive) as files:
        names = [name for name in sorted(files.namelist()) if name.endswith(".jpg")]
        images = [files.read(name) for name in names[:: len(names) // 60]]
    counts = [0] * THREADS

    def work(thread: int, until: float) -> None:
        name = session.get_inputs()[0].name
        for content in cycle(images):
            image = Image.open(io.BytesIO(content)).convert("RGB")
            pixels = image.resize((SIZE, SIZE), Image.Resampling.BILINEAR)
            session.run(None, {name: np.asarray(pixels)[None]})
            counts[thread] += 1
            if time.perf_counter() >= until:
                return

    started, before = time.perf_counter(), time.process_time()
    threads = [
        threading.Thread(target=work, args=(number, started + seconds)) for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, cpu = time.perf_counter() - started, time.process_time() - before
    print(json.dumps({"rate": sum(counts) / took, "cpu_ms": cpu * 1000 / sum(counts)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
