"""Ten epochs of cnn_small on animals: a run of the platform beside the bare engine, in turn.

    .venv/bin/python -m pytest -n 0 tests/bench/run_overhead.py -s

Starts the platform and takes three turns (LOUPE_BENCH_TURNS=1 for one; LOUPE_BENCH_EPOCHS for fewer
epochs): about 12 minutes on a quiet machine (4). From the end of the first epoch to the end of the
last; the platform's by its rows, looked at ten times a second about then and seldom between, since
looking takes processors too. Prints the ratio (target: 1.03). Needs `../shared/data`.
"""

import os
import statistics
import time

from classifier.models import TrainingRun
from classifier.training.services.start_training import start_training
from datasets.models import DatasetVersion
from datasets.services.versions.freeze import freeze
from jobs.models import Status
from tests.bench.background import PATIENCE, ended, imported
from tests.bench.from_nothing import loupe
from tests.conftest import SHARED_DATA_DIR, wait_until

TURNS = int(os.environ.get("LOUPE_BENCH_TURNS", "3"))
EPOCHS = int(os.environ.get("LOUPE_BENCH_EPOCHS", "10"))
TARGET = 1.03
OFTEN, SELDOM = 0.1, 2.0


def test_a_run_costs_little_more_than_the_engine(stack, user, shared_data):
    dataset = imported(stack, user, SHARED_DATA_DIR / "animals.zip")
    version = freeze(user=user, dataset=dataset, strategy="folder")
    found: dict[str, list[float]] = {"engine": [], "platform": []}
    for turn in range(TURNS):
        for way in ("engine", "platform") if turn % 2 == 0 else ("platform", "engine"):
            seconds = bare() if way == "engine" else by_run(stack, user, version)
            found[way].append(seconds)
    engine, platform = (statistics.median(found[way]) for way in ("engine", "platform"))
    print(f"\n| ten epochs of cnn_small, first to last | engine | platform | ratio ({TARGET}) |")
    print(f"|---|---:|---:|---:|\n| medians of {TURNS}, s | {engine:.1f} | {platform:.1f} "
          f"| {platform / engine:.3f} |\n{found}")  # fmt: skip


def bare() -> float:
    ends = loupe("animals", "cnn_small", "--set", f"epochs={EPOCHS}")["epoch_ends"]
    return float(ends[-1] - ends[0])


def by_run(stack, user, version: DatasetVersion) -> float:
    run = start_training(
        user=user,
        dataset_version=version,
        preset="cnn_small",
        config={"epochs": EPOCHS},
        name=f"bench {time.monotonic()}",
    )
    first = when(run, 1, OFTEN)
    when(run, EPOCHS - 1, SELDOM)
    last = when(run, EPOCHS, OFTEN)
    wait_until(lambda: ended(run.job), PATIENCE, lambda: stack.log("train"))
    assert run.job.status == Status.SUCCEEDED, run.job.error
    return last - first


def when(run: TrainingRun, epochs: int, every: float) -> float:
    """Wait until so many epochs are stored; return the time of that."""
    deadline = time.monotonic() + PATIENCE
    while run.epochs.count() < epochs:
        assert time.monotonic() < deadline, "the run makes no epochs"
        time.sleep(every)
    return time.monotonic()
