"""A Loupe of its own in a temporary folder: servers, workers, and a keeper that restarts them."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from embedded.postgres import PostgresServer
from embedded.redis import RedisServer
from tests.jobs.workers import REPOSITORY_DIR, Workers, environment

WORKERS = ("io", "train", "instant", "beat", "clock")
SETTINGS = "tests.jobs.testkinds.settings"


class Installation:
    """Everything that `make run` would start, but for the web server."""

    def __init__(self, folder: Path, *, trainings: bool) -> None:
        self.data_dir = folder / "data"
        self.postgres = PostgresServer(folder / "postgres", durable=False)
        self.redis = RedisServer(folder / "redis", durable=True)
        self.postgres.start()
        self.redis.start()
        more = {"SECRET_KEY": "torture-" + "x" * 42, "LOUPE_JOB_TIDY_SECONDS": "3"}
        if trainings:
            more["LOUPE_JOB_PRELOAD"] = "1"
        self.environment = environment(self.postgres.url, self.redis.url, self.data_dir, **more)
        os.environ.update(self.environment)
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        # As the role that owns the tables; the workers connect as the one that serves.
        owner = {"DATABASE_URL": self.postgres.owner_url, "LOUPE_SERVING_ROLE": "loupe"}
        subprocess.run(migrate, cwd=REPOSITORY_DIR, env=self.environment | owner, check=True)
        self.workers = Workers(self.environment, folder)

    def keep(self) -> None:
        """Start every process that is not there, as supervisord does."""
        if self.redis.pid is None:
            self.redis.start()
        for name in WORKERS:
            process = self.workers.processes.get(name)
            if process is None or process.poll() is not None:
                self.workers.start(name)

    def supervisors(self) -> dict[int, psutil.Process]:
        """The pool processes of the workers that run jobs, by pid."""
        found = {}
        for name in ("io", "train", "instant"):
            with suppress(psutil.NoSuchProcess):
                main = psutil.Process(self.workers.processes[name].pid)
                found |= {child.pid: child for child in main.children()}
        return found

    def remnants(self) -> list[str]:
        """Processes of ours that outlived their parents."""
        kept = {pid for name in WORKERS for pid in self._pids(name)}
        mark = f"LOUPE_DATA_DIR={self.data_dir}".encode()
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                environ = Path(f"/proc/{process.pid}/environ").read_bytes()
                if mark in environ.split(b"\0") and process.pid not in kept | {os.getpid()}:
                    found.append(f"{process.pid} {' '.join(process.cmdline())[:80]}")
        return found

    def _pids(self, name: str) -> list[int]:
        with suppress(psutil.NoSuchProcess, KeyError):
            return self.workers.pids(name)
        return []

    def stop(self) -> None:
        """End everything."""
        self.workers.stop()
        self.redis.stop()
        self.postgres.stop()


def send(pid: int, number: signal.Signals) -> bool:
    """Send a signal; False when there is no such process any more."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
