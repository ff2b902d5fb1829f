"""A training in a process of its own, as workers run it: ``train_as_told("job.json")``.

``search_as_told`` searches for a learning rate of the same job (``rate``) in place of it.

Writes one JSON line per observer call to the job's ``events`` file, and the outcome, or the
engine's error, to its ``result`` file. ``stop_after`` asks to stop after so many epochs.
"""

import json
from collections.abc import Collection
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from classifier.engine.errors import EngineError
from classifier.engine.files import sha256_of
from classifier.engine.fit.rate_search import SearchJob, search_rate
from classifier.engine.fit.teacher import Teacher
from classifier.engine.fit.training import train
from classifier.engine.presets.registry import checked_config, register
from classifier.engine.samples import TrainingSamples
from tests.classifier.engine.file_pixels import FilePixels
from tests.classifier.engine.recorded import recorded


class Recorder:
    def __init__(self, path: Path, stop_after: int | None, read: Collection[str] = ()) -> None:
        """`read` fills with the settings that are looked at."""
        self._settings_read = read
        self._file = path.open("a")
        self._stop_after = stop_after
        self._epochs = 0

    def epoch(self, metrics, answers) -> None:
        self._epochs += 1
        told = {name: value.tolist() for name, value in vars(answers).items()} if answers else None
        self._write({"epoch": metrics.to_dict(), "answers": told})

    def stage(self, message) -> None:
        self._write({"stage": message})
        if message == "Writing the model":
            # The training script, which comes next, looks at every setting.
            self._write({"read": sorted(self._settings_read)})

    def progress(self, done, total, unit, message, rate, eta_seconds) -> None:
        self._write({"progress": [done, total, unit, message, rate, eta_seconds]})

    def should_stop(self) -> bool:
        return self._stop_after is not None and self._epochs >= self._stop_after

    def asked_to_finish(self) -> str:
        return ""

    def _write(self, event: dict) -> None:
        self._file.write(json.dumps(event) + "\n")
        self._file.flush()


def run(job: dict) -> dict:
    if module := job.get("preset_module"):
        register(import_module(module).PRESET)
    read: set[str] = set()
    observer = Recorder(Path(job["events"]), job.get("stop_after"), read)
    pixels = FilePixels()
    outcome = train(
        samples=TrainingSamples(
            train=[tuple(pair) for pair in job["train"]],
            validation=[tuple(pair) for pair in job["validation"]],
            pixels=pixels,
            unlabelled=job.get("unlabelled", ()),
        ),
        config=recorded(checked_config(job["preset"], job["config"]), read),
        preset=job["preset"],
        class_names=job["class_names"],
        output_dir=Path(job["output_dir"]),
        weights_dir=Path(job["weights_dir"]) if job.get("weights_dir") else None,
        backbones_dir=Path(job["backbones_dir"]),
        measured_dir=Path(job["measured_dir"]),
        teacher=teacher_of(job, pixels) if job.get("teacher") else None,
        observer=observer,
        checkpoint_dir=Path(job["checkpoint_dir"]) if job.get("checkpoint_dir") else None,
        time_limit_seconds=job.get("time_limit_seconds"),
        memory_bytes=job.get("memory_bytes"),
    )
    return asdict(outcome)


def teacher_of(job: dict, pixels: FilePixels) -> Teacher:
    path = Path(job["teacher"])
    kept = Path(job["checkpoint_dir"])
    return Teacher(path, sha256_of(path), job["class_names"], pixels, kept)


def train_as_told(path: str) -> None:
    job = json.loads(Path(path).read_text())
    try:
        result = run(job)
    except EngineError as error:
        result = {"error": error.to_dict()}
    Path(job["result"]).write_text(json.dumps(result))


def search(job: dict) -> dict:
    curve = search_rate(
        SearchJob(
            preset=job["preset"],
            config=checked_config(job["preset"], job["config"]),
            rate=job.get("rate", "learning_rate"),
            class_names=job["class_names"],
            samples=TrainingSamples(
                train=[tuple(pair) for pair in job["train"]], validation=[], pixels=FilePixels()
            ),
        ),
        weights_dir=Path(job["weights_dir"]) if job.get("weights_dir") else None,
        backbones_dir=Path(job["backbones_dir"]),
        observer=Recorder(Path(job["events"]), job.get("stop_after")),
        measured_dir=Path(job["measured_dir"]),
    )
    return curve.to_json()


def search_as_told(path: str) -> None:
    job = json.loads(Path(path).read_text())
    try:
        result = search(job)
    except EngineError as error:
        result = {"error": error.to_dict()}
    Path(job["result"]).write_text(json.dumps(result))
