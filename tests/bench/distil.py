"""Distillation: what a small student reaches of its teacher, on the photographs of animals.

    python -m tests.bench.distil --work ~/distil --seed 0 --set max_megabytes=1
    python -m tests.bench.distil --work ~/distil --labels-alone
    python -m tests.bench.distil --work ~/distil --labelled 0.2 --test

The teacher is a last layer on EfficientNet-Lite0, the preset as it is, fitted once on the labelled
part of the train folder (a tenth of that validates). With --labelled the rest of the folder has no
class. --labels-alone trains the same network on labels, without the teacher. Settings are chosen on
validation; --test measures the archive's other folder too. One line of JSON comes last. The folder
that --work names keeps the teacher, its answers and a checkpoint of each epoch: the same command
goes on from there.
"""

import argparse
import json
import resource
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from classifier.engine.files import sha256_of
from classifier.engine.fit.teacher import Teacher
from classifier.engine.fit.training import train
from classifier.engine.presets.registry import checked_config
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.speed import milliseconds
from classifier.engine.samples import Sample, TrainingSamples, contents_of, labels_of, pixels_of
from tests.bench.engine_targets import (
    DATA,
    Files,
    Printer,
    Split,
    carve_validation,
    folder_split,
)

TEACHER = "efficientnet_lite0"


def main() -> None:
    """Train teacher and student, and print what both reach."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--labelled", type=float, default=1.0)
    parser.add_argument("--set", action="append", default=[], type=lambda text: text.split("=", 1))
    parser.add_argument("--labels-alone", action="store_true")
    parser.add_argument("--test", action="store_true")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run(told, told.work or Path(folder))))


def run(told: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Return accuracy, size and milliseconds of both."""
    files = Files(work)
    samples, test, names = divided(told.labelled, work, files)
    teacher = taught(work / f"teacher-{told.labelled:g}", work, samples, names)
    overrides = {key: json.loads(value) for key, value in told.set} | {"seed": told.seed}
    if told.labels_alone:
        overrides |= {"teacher_share": 0.0}
        samples = replace(samples, unlabelled=())
    started = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    outcome = train(
        samples=samples,
        config=checked_config("distilled", overrides),
        preset="distilled",
        class_names=names,
        output_dir=work / "student",
        weights_dir=DATA / "weights",
        backbones_dir=work / "backbones",
        observer=Printer(),
        checkpoint_dir=work / "checkpoints",
        teacher=Teacher(teacher, sha256_of(teacher), names, files.pixels, work),
    )
    seconds = resource.getrusage(resource.RUSAGE_SELF).ru_utime - started
    found = outcome.metrics["distillation"]
    parts = {"val": samples.validation} | ({"test": test} if told.test else {})
    return {
        "overrides": overrides,
        "labels_alone": told.labels_alone,
        "labelled": found["labelled"],
        "unlabelled": found["unlabelled"],
        "blocks": found["student"]["blocks"],
        "cpu_seconds": round(seconds, 1),
        "best_epoch": outcome.best_epoch,
        "teacher": facts(teacher, parts, files),
        "student": facts(work / "student" / "model.onnx", parts, files),
    }


def divided(share: float, work: Path, files: Files) -> Split:
    """Return the split of the archive, of whose train folder a share is labelled."""
    samples, test, names = folder_split("animals.zip", "validation", work / "data", files)
    if share >= 1:
        return samples, test, names
    every = [*samples.train, *samples.validation]
    labels = [index for _, index in every]
    kept, rest = train_test_split(every, train_size=share, random_state=0, stratify=labels)
    fewer = carve_validation(kept, files)
    return replace(fewer, unlabelled=sorted(set(contents_of(rest)))), test, names


def taught(folder: Path, work: Path, samples: TrainingSamples, names: list[str]) -> Path:
    """Return the teacher's file, fitted unless it is there."""
    path = folder / "model.onnx"
    if not path.exists():
        train(
            samples=replace(samples, unlabelled=()),
            config=checked_config(TEACHER, {}),
            preset=TEACHER,
            class_names=names,
            output_dir=folder,
            weights_dir=DATA / "weights",
            backbones_dir=work / "backbones",
            observer=Printer(),
            checkpoint_dir=None,
        )
    return path


def facts(path: Path, parts: dict[str, list[Sample]], files: Files) -> dict[str, Any]:
    """Return bytes, milliseconds of a core, and the accuracy on each part."""
    predictor = Predictor.load(path, threads=1)
    (view,) = predictor.views
    found: dict[str, Any] = {"bytes": path.stat().st_size}
    for name, part in parts.items():
        rows = files.pixels.rows(contents_of(part), *view, lambda done, total: None)
        said = predictor.predict_rows(rows, lambda done, total: None).argmax(axis=1)
        found[name] = round(float((said == labels_of(part)).mean()), 4)
        found[f"{name}_images"] = len(part)
    some = pixels_of(files.pixels, contents_of(parts["val"])[:12], *view)
    found["ms"] = round(milliseconds([predictor], [list(np.asarray(some))])[0], 2)
    return found


if __name__ == "__main__":
    main()
