"""What several hosts cost: processor seconds per imported image and per prediction.

    python -m tests.hosts.overhead [--images 3000] [--pixels 24] [--predictions 400] [--turns 3]

One host with its files in a folder, then a web server and two hosts of workers with a bucket; both
reach the same Postgres and Redis by TCP. It counts what all of Loupe's processes use, also
those that have ended, not the services'; what they use while nothing is asked of them is told apart
and taken off. Needs what `make hosts` needs.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil

from tests.hosts.postgres import postgres_in

NAMES = ("one host", "hosts")
REST_SECONDS = 20


def main() -> int:
    """Measure both, and print the medians and their ratios."""
    options = _options()
    found = {name: _measured(name, options) for name in NAMES}
    for what in ("an imported image", "a prediction"):
        one, many = (
            statistics.median(turn[what] for turn in found[name]["turns"]) for name in NAMES
        )
        spread = "; ".join(
            f"{name} {min(turn[what] for turn in found[name]['turns']) * 1e3:.2f} to "
            f"{max(turn[what] for turn in found[name]['turns']) * 1e3:.2f}"
            for name in NAMES
        )
        print(
            f"{what}: {one * 1e3:.2f} ms of a processor on one host, {many * 1e3:.2f} ms on hosts, "
            f"{many / one:.2f} times ({spread})"
        )
    for name in NAMES:
        print(f"{name} at rest: {found[name]['rest'] * 1e3:.0f} ms of a processor a second")
    print(f"load: {' '.join(f'{each:.1f}' for each in os.getloadavg())}")
    return 0


def _measured(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return `rest` (seconds a second) and `turns`, measured by a process of its own.

    Each turn has the seconds of a processor for each thing that was done.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.write(write, json.dumps(_turns(name, options)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    if not said:
        sys.exit(f"{name} could not be measured")
    return json.loads(said)


def _turns(name: str, options: argparse.Namespace) -> dict[str, Any]:
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
        # The first turn warms everything up.
        size = {"count": options.images // 2, "pixels": options.pixels}
        wait_for_end(person.start_import(**size, seed=0), lambda: there.log("web"))
        trained = wait_for_end(person.start_training(3), lambda: there.log("web"))
        model = version_of(trained).model_id
        person.predict(model)
        _come_to_rest()
        with Counted(there) as nothing:
            time.sleep(REST_SECONDS)
        rest = nothing.seconds / nothing.elapsed
        turns = []
        for turn in range(1, options.turns + 1):
            with Counted(there, rest) as intake:
                job = person.start_import(**size, seed=turn)
                wait_for_end(job, lambda: there.log("web"))
                assert job.result, job.error
                _come_to_rest()
            with Counted(there, rest) as asking:
                for _ in range(options.predictions):
                    person.predict(model)
            turns.append(
                {
                    "an imported image": intake.seconds / options.images,
                    "a prediction": asking.seconds / options.predictions,
                }
            )
        return {"rest": rest, "turns": turns}
    finally:
        there.close()
        shutil.rmtree(folder)


def _come_to_rest() -> None:
    """Wait until no job is left, what an import leaves behind too, and their processes ended."""
    from jobs.models import TERMINAL, Job
    from tests.conftest import wait_until

    of_ours = Job.objects.filter(queue__in=("io", "train")).exclude(status__in=TERMINAL)
    wait_until(lambda: not of_ours.all().exists(), 300)
    time.sleep(3)


class Counted:
    """Counts the processor `seconds` of a block, beyond `rest` seconds of each second."""

    def __init__(self, there: Any, rest: float = 0.0) -> None:
        self._there, self._rest = there, rest
        self.seconds = self.elapsed = 0.0

    def __enter__(self) -> Self:
        self._began, self._before = time.monotonic(), _seconds(self._there)
        return self

    def __exit__(self, *error: object) -> None:
        self.elapsed = time.monotonic() - self._began
        used = _seconds(self._there) - self._before
        self.seconds = used - self._rest * self.elapsed


def _seconds(there: Any) -> float:
    """Return what the processes of all hosts have used, and those that they have waited for."""
    used = 0.0
    for host in there.hosts.values():
        for pid in host.pids():
            with suppress(psutil.Error):
                used += sum(psutil.Process(pid).cpu_times()[:4])
    return used


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=3000)
    parser.add_argument("--pixels", type=int, default=24, help="width and height of an image")
    parser.add_argument("--predictions", type=int, default=400)
    parser.add_argument("--turns", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
