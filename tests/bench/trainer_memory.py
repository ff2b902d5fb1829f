"""How a trainer's memory grows with the number of images, on CIFAR-10.

    python -m tests.bench.trainer_memory [--counts 2000 10000 50000]

Each training (cnn_tiny, one epoch, a tenth of the images for validation) runs in a process of its
own that reads pixels as workers do: decoded by other processes, kept in mapped files. Prints a
Markdown table: the most of its own memory (RssAnon, what a run shows) and the most of all
(VmHWM), which counts pages of those files for as long as the system has room for them.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import numpy as np

from tests.bench.behind_glass import DATA, Quiet, opened_store, unpacked


def train(count: int, work: Path) -> dict[str, int]:
    """Train on so many images and return what the process took, in bytes."""
    from classifier.engine.fit.memory import told_bytes
    from classifier.engine.fit.training import train as fit
    from classifier.engine.presets.registry import checked_config
    from classifier.engine.samples import Samples, TrainingSamples
    from common.digests import Digests

    with (work / "samples.csv").open(newline="") as file:
        listed = list(islice(csv.reader(file), count))
    samples = Samples(
        Digests.of(name for name, _ in listed), np.array([int(index) for _, index in listed])
    )
    # As a worker reads them from the database: nothing of the list is left.
    del listed
    with ExitStack() as stack, tempfile.TemporaryDirectory(dir=work) as cache:
        store = opened_store(stack, work, Path(cache))
        outcome = fit(
            samples=TrainingSamples(
                train=samples[len(samples) // 10 :],
                validation=samples[: len(samples) // 10],
                pixels=store,
            ),
            config=checked_config("cnn_tiny", {"epochs": 1, "seed": 1, "precision": "float32"}),
            preset="cnn_tiny",
            class_names=[str(number) for number in range(10)],
            output_dir=work / "model",
            weights_dir=None,
            backbones_dir=work / "backbones",
            observer=Quiet(),
            checkpoint_dir=work / "checkpoints" / str(count),
        )
    highest = told_bytes(Path("/proc/self/status"), "VmHWM") or 0
    own = outcome.metrics["memory_bytes"]
    return {"images": len(samples), "own": own, "all": highest}


def write_samples(count: int, work: Path) -> None:
    """Write so many samples of the archive, in the order in which versions have them."""
    found = unpacked("cifar10.zip", work / "cifar10.zip")
    found = found[:: max(1, len(found) // count)][:count]
    with (work / "samples.csv").open("w", newline="") as file:
        csv.writer(file).writerows(sorted((path.name, index) for path, index in found))


def measured(count: int, work: Path) -> dict[str, int]:
    """Train in another process."""
    write_samples(count, work)
    words = [sys.executable, "-m", "tests.bench.trainer_memory", "--count", str(count)]
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "LOUPE_DATA_DIR": str(work / "data")}
    environment |= {"SECRET_KEY": "bench", "DATABASE_URL": "postgres:///x"}
    environment |= {"REDIS_URL": "redis:///0", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [*words, "--work", str(work)], env=environment, stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout.decode().splitlines()[-1])


def main() -> None:
    """Train on each number of images in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", nargs="*", type=int, default=[2_000, 10_000, 50_000])
    parser.add_argument("--count", type=int)
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    if options.count:
        print(json.dumps(train(options.count, options.work)))
        return
    if not (DATA / "cifar10.zip").is_file():
        print("Skipped: ../shared/data/cifar10.zip is missing.")
        return
    print("| images | its own memory | with mapped files | pixels |")
    print("|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for count in options.counts:
            found = measured(count, Path(folder))
            sizes = (found["own"], found["all"], found["images"] * 32 * 32 * 3)
            told = " | ".join(f"{size / 1e6:,.0f} MB" for size in sizes)
            print(f"| {found['images']:,} | {told} |", flush=True)


if __name__ == "__main__":
    main()
