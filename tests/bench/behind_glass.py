"""What decoding behind glass costs: one working copy of Loupe against another, in turns.

    python tests/bench/behind_glass.py BEFORE AFTER [--pairs 7] [--cases train_small …]

BEFORE and AFTER are folders of working copies, each with its own `.venv`. Each case runs in a
process of its own, in turns; printed are processor seconds (children counted) and images a second,
their medians and the median of AFTER / BEFORE with its range. A training reads with an empty cache
(`first`) and then once more (`second`); before there was a cache both are alike.
"""

import argparse
import hashlib
import inspect
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
# Preset, archive, folder of its images, images at most, settings.
TRAININGS = {
    "train_tiny": ("cnn_tiny", "cifar10.zip", 6_000, {"epochs": 2}),
    "train_small": ("cnn_small", "animals.zip", 1_000, {"epochs": 2}),
}
CASES = [*TRAININGS, "evaluate", "predict"]


class Quiet:
    """An observer that says nothing."""

    def stage(self, message) -> None:
        pass

    def epoch(self, *told) -> None:
        pass

    def progress(self, *told) -> None:
        pass

    def should_stop(self) -> bool:
        return False

    def asked_to_finish(self) -> str:
        return ""


def unpacked(archive: str, into: Path) -> list[tuple[Path, int]]:
    """Return the images of the train folder and their classes, named by their content."""
    if not into.exists():
        with zipfile.ZipFile(DATA / archive) as opened:
            opened.extractall(into / "files")
        (into / "blobs").mkdir()
        listed = []
        names = sorted(path.name for path in (into / "files" / "train").iterdir())
        for index, name in enumerate(names):
            for path in sorted((into / "files" / "train" / name).iterdir()):
                content = path.read_bytes()
                sha256 = hashlib.sha256(content).hexdigest()
                (into / "blobs" / sha256).write_bytes(content)
                listed.append((sha256, index))
        (into / "list.json").write_text(json.dumps(listed))
    listed = json.loads((into / "list.json").read_text())
    return [(into / "blobs" / sha256, index) for sha256, index in listed]


def behind_glass() -> bool:
    from classifier.engine import samples

    return hasattr(samples, "PixelStore")


def samples_of(found, store):
    from classifier.engine.samples import TrainingSamples

    train, validation = found[: len(found) * 9 // 10], found[len(found) * 9 // 10 :]
    if not behind_glass():
        return TrainingSamples(train=train, validation=validation)
    named = [[(path.name, index) for path, index in part] for part in (train, validation)]
    return TrainingSamples(train=named[0], validation=named[1], pixels=store)


def train(case: str, work: Path, store) -> int:
    from classifier.engine.fit.training import train as fit
    from classifier.engine.presets.registry import checked_config

    preset, archive, count, settings = TRAININGS[case]
    found = unpacked(archive, work / archive)
    step = max(1, len(found) // count)
    found = sorted(found[::step], key=lambda sample: sample[0].name)
    options = {
        "samples": samples_of(found, store),
        "config": checked_config(preset, settings | {"seed": 1}),
        "preset": preset,
        "class_names": [str(number) for number in range(10)][: found[-1][1] + 10],
        "output_dir": work / "model",
        "weights_dir": None,
        "backbones_dir": work / "backbones",
        "observer": Quiet(),
        "checkpoint_dir": None,
    }
    known = inspect.signature(fit).parameters
    fit(**{name: value for name, value in options.items() if name in known})
    return len(found) * settings["epochs"]


def evaluate(work: Path, store) -> int:
    from classifier.engine.runtime.predictor import Predictor

    found = unpacked("animals.zip", work / "animals.zip")
    predictor = Predictor.load(work / "model.onnx")
    paths = [path for path, _ in found]
    if behind_glass():
        rows = store.rows([path.name for path in paths], *predictor.views[0], lambda *_: None)
        predictor.predict_rows(rows, lambda *_: None)
    else:
        predictor.predict_batches(paths, lambda *_: None)
    return len(paths)


def predict(work: Path) -> tuple[int, float]:
    """Return how many images were answered, and the seconds of processes that end unwaited."""
    import psutil

    from classifier.prediction.serving.model_process import ModelProcess

    found = unpacked("animals.zip", work / "animals.zip")[:1500]
    model = work / "model.onnx"
    header = {
        "path": str(model),
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "top_k": 3,
        "deadline": time.time() + 600,
        "payers": [],
        "max_pixels": 1 << 40,
    }
    process = ModelProcess()
    with ThreadPoolExecutor(4) as clients:
        answers = clients.map(
            lambda path: process.ask(header, [path.read_bytes()], 600), [path for path, _ in found]
        )
        assert all("error" not in answer or not answer["error"] for answer in answers)
    children = psutil.Process(process.pid).children(recursive=True)
    # The model process itself is waited for, as its decoders are not.
    unwaited = sum(sum(child.cpu_times()[:2]) for child in children)
    process.kill()
    time.sleep(1)
    return len(found), unwaited


def run_case(case: str, work: Path) -> None:
    """Print what the case took, as JSON."""
    from contextlib import ExitStack

    # Loading libraries is no part of it.
    if case in TRAININGS:
        import classifier.engine.fit.training
    import classifier.engine.runtime.predictor  # noqa: F401

    with tempfile.TemporaryDirectory(dir=work) as cache:
        for turn in ("first", "second"):
            before, started, unwaited = cpu_seconds(), time.monotonic(), 0.0
            with ExitStack() as opened:
                store = opened_store(opened, work, Path(cache)) if behind_glass() else None
                if case in TRAININGS:
                    images = train(case, work, store)
                elif case == "evaluate":
                    images = evaluate(work, store)
                else:
                    images, unwaited = predict(work)
            wall = time.monotonic() - started
            told = {"turn": turn, "cpu": cpu_seconds() - before + unwaited, "rate": images / wall}
            print(json.dumps(told), flush=True)


def opened_store(stack, work: Path, cache: Path):
    from datasets.decoding.pixels.cache import PixelCache
    from datasets.decoding.pixels.decoders import PixelDecoders
    from datasets.decoding.pixels.store import PixelStore

    def locate(name: str) -> Path:
        path = work / "animals.zip" / "blobs" / name
        return path if path.exists() else work / "cifar10.zip" / "blobs" / name

    decoders = stack.enter_context(PixelDecoders(locate))
    return PixelStore(PixelCache(cache, 8 << 30, decoders), decoders, print)


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def measured(copy: Path, case: str, work: Path) -> dict[str, dict[str, float]]:
    words = [str(copy / ".venv/bin/python"), __file__, "--case", case, "--work", str(work)]
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "LOUPE_DATA_DIR": str(work / "data")}
    environment |= {
        "SECRET_KEY": "bench",
        "DATABASE_URL": "postgres:///x",
        "REDIS_URL": "redis:///0",
    }
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(words, cwd=copy, env=environment, stdout=subprocess.PIPE, check=True)
    lines = [json.loads(line) for line in done.stdout.decode().splitlines() if line[:1] == "{"]
    return {line["turn"]: line for line in lines}


def table(case: str, pairs: list[tuple[dict, dict]]) -> None:
    """Print the case's medians, and AFTER / BEFORE with its range."""
    for turn in ("first", "second"):
        for unit in ("cpu", "rate"):
            before, after = ([pair[side][turn][unit] for pair in pairs] for side in (0, 1))
            ratios = sorted(b / a for a, b in zip(before, after, strict=True))
            print(
                f"| {case} | {turn} | {'CPU seconds' if unit == 'cpu' else 'images/s'} "
                f"| {statistics.median(before):.2f} | {statistics.median(after):.2f} "
                f"| {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}) |",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("copies", nargs="*", type=Path)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--cases", nargs="*", choices=CASES, default=CASES)
    parser.add_argument("--case")
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    if options.case:
        run_case(options.case, options.work)
        return
    before, after = options.copies
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        # A model for evaluation and predictions, and every file in the page cache.
        measured(before, "train_small", work)
        (work / "model" / "model.onnx").rename(work / "model.onnx")
        print("| case | turn | unit | before | after | after / before |")
        print("|---|---|---|---:|---:|---|")
        for case in options.cases:
            pairs = []
            for number in range(options.pairs):
                order = (before, after) if number % 2 == 0 else (after, before)
                found = {copy: measured(copy, case, work) for copy in order}
                pairs.append((found[before], found[after]))
            table(case, pairs)


if __name__ == "__main__":
    main()
