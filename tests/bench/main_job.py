"""The main job on the real sets, through the public API: import, freeze, train, evaluate.

`make bench` starts a platform of its own for it. Prints a Markdown table for docs/benchmarks.md;
exits with 1 when a target is missed.
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loupe import Loupe, sign_in
from loupe.datasets import DatasetVersion

SHARED_DATA_DIR = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True)
class Target:
    """One training with the accuracy it must reach on the test split."""

    archive: str
    images: int
    preset: str
    accuracy: float
    config: dict[str, Any]


TARGETS = [
    Target("animals.zip", 3009, "efficientnet_lite0", 0.985, {}),
    Target("animals.zip", 3009, "cnn_small", 0.75, {}),
    Target("cifar10.zip", 60000, "cnn_tiny", 0.75, {}),
]


def main(names: list[str]) -> int:
    """Run the targets whose archive or preset is named (all without a name)."""
    if not SHARED_DATA_DIR.is_dir():
        print(f"Skipped: {SHARED_DATA_DIR} is not there.")
        return 0
    client = sign_in(
        os.environ["LOUPE_URL"],
        os.environ["LOUPE_ADMIN_USERNAME"],
        os.environ["LOUPE_ADMIN_PASSWORD"],
    )
    chosen = [t for t in TARGETS if not names or {t.archive, t.preset} & set(names)]
    versions: dict[str, tuple[DatasetVersion, float]] = {}
    rows, missed = [], 0
    for target in chosen:
        if target.archive not in versions:
            versions[target.archive] = import_archive(client, target)
        row, reached = measure(target, *versions[target.archive])
        rows.append(row)
        missed += not reached
    print("\n| set | preset | test accuracy | target | epochs | training, s | images/s imported |")
    print("|---|---|---:|---:|---:|---:|---:|")
    print("\n".join(rows))
    return 1 if missed else 0


def import_archive(client: Loupe, target: Target) -> tuple[DatasetVersion, float]:
    """Import an archive, check that its counts add up, freeze it by its own folders.

    Returns the version and the images a second.
    """
    print(f"\n▸ Import {target.archive}")
    dataset = client.create_dataset(target.archive)
    started = time.monotonic()
    result = dataset.import_images(SHARED_DATA_DIR / target.archive).counts
    seconds = time.monotonic() - started
    parts = ("images_added", "duplicates", "skipped", "rejected")
    print("  " + ", ".join(f"{name} {result[name]}" for name in ("files", *parts)))
    if not result["files"] == sum(result[part] for part in parts) == target.images:
        raise SystemExit(f"{target.archive}: {result} does not add up to {target.images}")
    version = dataset.freeze(strategy="folder")
    return version, result["files"] / seconds


def measure(target: Target, version: DatasetVersion, rate: float) -> tuple[str, bool]:
    """Train at the preset's defaults; return the table's row and whether the target is met."""
    print(f"\n▸ Train {target.preset} on {target.archive}")
    started = time.monotonic()
    run = version.train(target.preset, config=target.config)
    seconds = time.monotonic() - started
    report = next(run.model_version.reports())
    epochs = len(run.epochs())
    accuracy = report["accuracy"]
    print(f"  {accuracy:.4f} on the {report['split']} split, {seconds:.0f} s")
    row = (
        f"| {target.archive} | {target.preset} | {accuracy:.4f} | {target.accuracy} | {epochs} "
        f"| {seconds:.0f} | {rate:.0f} |"
    )
    return row, accuracy >= target.accuracy


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
