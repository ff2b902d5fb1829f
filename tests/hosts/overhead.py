"""What several hosts cost: processor seconds per imported image and per prediction.

    python -m tests.hosts.overhead [--images 3000] [--predictions 400] [--turns 3]

One host with its files in a folder, then a web server and two hosts of workers with a bucket; both
reach the same Postgres and Redis by TCP. Counted is what Loupe's own processes use, not the
services'. Needs what `make hosts` needs.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil

from tests.hosts.postgres import postgres_in


def main() -> int:
    """Measure both, and print the medians and their ratios."""
    options = _options()
    found = {name: _measured(name, options) for name in ("one host", "hosts")}
    for place, what in enumerate(("an imported image", "a prediction")):
        one, many = (
            statistics.median(turn[place] for turn in found[name]) for name in ("one host", "hosts")
        )
        spread = "; ".join(
            f"{name} {min(turn[place] for turn in turns) * 1e3:.2f} to "
            f"{max(turn[place] for turn in turns) * 1e3:.2f}"
            for name, turns in found.items()
        )
        print(
            f"{what}: {one * 1e3:.2f} ms of a processor on one host, {many * 1e3:.2f} ms on hosts, "
            f"{many / one:.2f} times ({spread})"
        )
    return 0


def _measured(name: str, options: argparse.Namespace) -> list[tuple[float, float]]:
    """Return (seconds per image, seconds per prediction) of each turn, by a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        turns = _turns(name, options)
        os.write(write, repr(turns).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    if not said:
        sys.exit(f"{name} could not be measured")
    turns: list[tuple[float, float]] = [
        tuple(map(float, pair.split(","))) for pair in said.strip("[()]").split("), (")
    ]
    return turns


def _turns(name: str, options: argparse.Namespace) -> list[tuple[float, float]]:
    folder = Path(tempfile.mkdtemp(prefix="loupe-hosts-"))
    postgres = postgres_in(folder)
    os.environ.update(postgres.variables)
    if name == "one host":
        del os.environ["LOUPE_S3_BUCKET"]
    import django

    django.setup()
    from tests.hosts.installation import WORKERS, Installation
    from tests.hosts.person import Person, version_of, wait_for_end

    there = Installation(folder, postgres, single=name == "one host")
    try:
        there.start(*(["web"] if name == "one host" else WORKERS))
        person = Person(there.url)
        turns = []
        model = None
        for turn in range(options.turns + 1):
            with Counted(there) as intake:
                job = person.start_import(options.images // 2, seed=turn)
                wait_for_end(job, lambda: there.log("web"))
            if model is None:
                trained = wait_for_end(person.start_training(3), lambda: there.log("web"))
                model = version_of(trained).model_id
                person.predict(model)
            with Counted(there) as asking:
                for _ in range(options.predictions):
                    person.predict(model)
            of_images = (intake.seconds + job.processor_seconds) / options.images
            turns.append((of_images, asking.seconds / options.predictions))
        # The first turn has warmed everything up.
        return turns[1:]
    finally:
        there.close()
        shutil.rmtree(folder)


class Counted:
    """Counts the processor `seconds` of processes that are there at both ends of the block."""

    def __init__(self, there: Any) -> None:
        self._there = there
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._before = _seconds(self._there)
        return self

    def __exit__(self, *error: object) -> None:
        before, after = self._before, _seconds(self._there)
        self.seconds = sum(after[pid] - before[pid] for pid in before.keys() & after.keys())


def _seconds(there: Any) -> dict[int, float]:
    found = {}
    for host in there.hosts.values():
        for pid in host.pids():
            with suppress(psutil.Error):
                times = psutil.Process(pid).cpu_times()
                found[pid] = times.user + times.system
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=3000)
    parser.add_argument("--predictions", type=int, default=400)
    parser.add_argument("--turns", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
