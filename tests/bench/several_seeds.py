"""Compare ways of training over several seeds; the same command goes on where it was stopped.

    python -m tests.bench.several_seeds fine_tuning --work ~/fine_tuning
    python -m tests.bench.several_seeds mixing --work ~/mixing
    python -m tests.bench.several_seeds script --work ~/script

``fine_tuning``: animals, EfficientNet-Lite0, its last layer alone and its last blocks too.
``mixing``: 10,000 images of CIFAR-10, chosen by the seed, plain and with MixUp or CutMix.
``script``: digits, a run of Loupe and the script that it leaves, in a bare Python.

A result is a line of RESULTS in the folder that --work names; a training that was stopped goes on
from its checkpoint. Prints test accuracy by seed, mean and spread of each way.
"""

import argparse
import csv
import io
import json
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev

from tests.bench.engine_targets import Files, make_split

RESULTS = "results.jsonl"
NAMES = ("train", "validation", "test")


@dataclass(frozen=True)
class Way:
    """A training: the settings that differ from the preset's own, and whether its script runs."""

    settings: dict = field(default_factory=dict)
    with_script: bool = False


@dataclass(frozen=True)
class Comparison:
    """Ways of training one preset on the same images."""

    data: str
    preset: str
    seeds: int
    ways: dict[str, Way]
    images: int = 0


COMPARISONS = {
    "fine_tuning": Comparison(
        "animals",
        "efficientnet_lite0",
        5,
        {
            "last layer": Way(),
            "last blocks too": Way({"fine_tune_epochs": 5, "augmentation": "mirror"}),
        },
    ),
    "mixing": Comparison(
        "cifar10",
        "cnn_tiny",
        3,
        {
            "plain": Way({"epochs": 20, "augmentation": "mirror"}),
            "mixup": Way({"epochs": 20, "augmentation": "mirror", "mixup": 0.2}),
            "cutmix": Way({"epochs": 20, "augmentation": "mirror", "cutmix": 1.0}),
        },
        images=10_000,
    ),
    "script": Comparison(
        "digits", "cnn_tiny", 5, {"run": Way({"image_size": 16}, with_script=True)}
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("comparison", choices=COMPARISONS)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", type=int, help="fewer or more than the comparison has")
    parser.add_argument("--ways", nargs="+", help="some of the comparison's ways")
    arguments = parser.parse_args()
    comparison = COMPARISONS[arguments.comparison]
    if unknown := set(arguments.ways or ()) - set(comparison.ways):
        parser.error(f"--ways: no {', '.join(unknown)} in {', '.join(comparison.ways)}")
    arguments.work.mkdir(parents=True, exist_ok=True)
    for seed in range(arguments.seeds or comparison.seeds):
        for name in arguments.ways or comparison.ways:
            if (seed, name) not in {(row["seed"], row["way"]) for row in rows_of(arguments.work)}:
                train(comparison, comparison.ways[name], name, seed, arguments.work)
    tell(rows_of(arguments.work))


def rows_of(work: Path) -> list[dict]:
    path = work / RESULTS
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def train(comparison: Comparison, way: Way, name: str, seed: int, work: Path) -> None:
    """Train one way with one seed, and note its test accuracy."""
    folder = work / f"{name.replace(' ', '_')}-{seed}"
    changes = [f"{key}={json.dumps(value)}" for key, value in way.settings.items()]
    options = [option for change in changes for option in ("--set", change)]
    command = ["-m", "tests.bench.engine_targets", comparison.data, comparison.preset, *options]
    command += ["--seed", str(seed), "--work", str(folder), "--images", str(comparison.images)]
    done = subprocess.run([sys.executable, *command], stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    note(work, {"way": name, "seed": seed, **found})
    if way.with_script:
        started = time.monotonic()
        accuracy = by_script(comparison, seed, folder)
        seconds = round(time.monotonic() - started, 1)
        row = {"way": f"{name}, by its script", "seed": seed, "test_accuracy": accuracy}
        note(work, {**row, "seconds": seconds})
    shutil.rmtree(folder)


def note(work: Path, row: dict) -> None:
    with (work / RESULTS).open("a") as file:
        file.write(json.dumps(row) + "\n")
    print(row["way"], "seed", row["seed"], row["test_accuracy"], flush=True)


def by_script(comparison: Comparison, seed: int, folder: Path) -> float:
    """Return the test accuracy that the run's script says, of a zip as a frozen version gives."""
    files = Files(folder)
    samples, test, names = make_split(
        comparison.data, folder / "data", files, comparison.images, seed
    )
    zipped = folder / "version.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        table = io.StringIO(newline="")
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(["file", "class_name", "split"])
        for split, part in zip(NAMES, (samples.train, samples.validation, test), strict=True):
            for number, (content, index) in enumerate(part):
                # The number keeps the order in which the run learned from them.
                name = f"{split}/{names[index]}/{number:06d}.png"
                archive.write(files.path(content), name)
                writer.writerow([name, names[index], split])
        archive.writestr("labels.csv", table.getvalue())
    script = folder / "model" / "training_script.py"
    command = [sys.executable, "-I", str(script), str(zipped)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={})
    return float(done.stdout.splitlines()[-1].split()[2])


def tell(rows: list[dict]) -> None:
    for way in dict.fromkeys(row["way"] for row in rows):
        found = [row["test_accuracy"] for row in rows if row["way"] == way]
        spread = stdev(found) if len(found) > 1 else 0.0
        print(f"{way}: {found}, mean {mean(found):.4f}, standard deviation {spread:.4f}")


if __name__ == "__main__":
    main()
