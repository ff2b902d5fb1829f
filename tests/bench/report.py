"""How long a report takes from vectors: `python -m tests.bench.report [classes]`, CPU seconds.

10,000 vectors of 1,280 numbers, a head on them, all that a report holds but robustness: figures,
intervals, calibration, curves of every class, two columns of subgroups, and their JSON.
"""

import json
import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from classifier.engine.measure.answers import pack
from classifier.engine.measure.calibration import Temperature
from classifier.engine.measure.evaluation import evaluate_with_curves
from classifier.engine.target import probabilities

IMAGES, WIDTH = 10_000, 1_280


def main(classes: int) -> None:
    """Print the CPU seconds of each part."""
    random = np.random.default_rng(0)
    truth = random.integers(0, classes, IMAGES)
    centres = random.normal(0, 1, (classes, WIDTH)).astype(np.float32)
    noise = random.normal(0, 16, (IMAGES, WIDTH)).astype(np.float32)
    vectors = (centres[truth] + noise).astype(np.float16)
    kernel = (centres / WIDTH * 3).T.copy()
    columns = {name: random.choice(list("abcd"), IMAGES).tolist() for name in ("site", "camera")}
    names = [f"class {number}" for number in range(classes)]

    started = time.process_time()
    answers = probabilities(vectors.astype(np.float32) @ kernel)
    asked = time.process_time()
    report, curves = evaluate_with_curves(
        answers, truth, names, columns=columns, temperature=Temperature(value=1.2, images=500)
    )
    pack(answers, truth)
    stored = len(json.dumps(report.to_json()))
    points = sum(len(json.dumps(each.to_json())) for each in curves if each is not None)
    ended = time.process_time()
    print(
        f"{IMAGES:,} images, {classes:,} classes, accuracy {report.accuracy:.3f}: answers "
        f"{asked - started:.2f} s, report {ended - asked:.2f} s, together {ended - started:.2f} s "
        f"of CPU; the report has {stored / 1e6:.2f} MB, the curves {points / 1e6:.2f} MB"
    )


if __name__ == "__main__":
    for number in map(int, sys.argv[1:] or ["10", "1000"]):
        main(number)
