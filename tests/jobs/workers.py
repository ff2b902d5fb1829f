"""Real Celery workers with short timings, to be disturbed by tests."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

REPOSITORY_DIR = Path(__file__).resolve().parents[2]

SHORT = {
    "LOUPE_JOB_LEASE_SECONDS": "5",
    "LOUPE_JOB_RENEW_SECONDS": "0.5",
    "LOUPE_JOB_GIVE_UP_SECONDS": "4",
    "LOUPE_JOB_POLL_SECONDS": "0.2",
    "LOUPE_JOB_REAP_SECONDS": "0.5",
    "LOUPE_JOB_RELAY_SECONDS": "0.4",
    "LOUPE_JOB_YIELD_SECONDS": "1",
    "LOUPE_JOB_TIDY_SECONDS": "1",
    "LOUPE_JOB_REPUBLISH_SECONDS": "2",
    "LOUPE_JOB_RETRY_SECONDS": "0.3,0.6,1.2",
    "LOUPE_JOB_CANCEL_GRACE_SECONDS": "2",
    "LOUPE_JOB_STOP_GRACE_SECONDS": "4",
}
OPTIONS = {
    "io": ["--concurrency", "2"],
    "train": ["--concurrency", "1"],
    "instant": ["--concurrency", "2"],
    "beat": ["--pool", "solo"],
}


@dataclass
class Workers:
    """Workers by name; each in a session of its own, its output in a file."""

    environment: dict[str, str]
    logs: Path
    options: dict[str, list[str]] = field(default_factory=lambda: OPTIONS)
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start workers of these queues; "clock" is Celery beat."""
        for name in names:
            self.processes[name] = self._popen(name)

    def _popen(self, name: str) -> subprocess.Popen:
        celery = [sys.executable, "-m", "celery", "-A", "config.celery:app"]
        if name == "clock":
            command = [*celery, "beat", "--schedule", str(self.logs / "clock.db")]
        else:
            command = [
                *celery, "worker", "-Q", name, "-n", f"{name}-{os.getpid()}@%h", "--loglevel=info",
                "--without-gossip", "--without-mingle", *self.options[name],
            ]  # fmt: skip
        with (self.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=REPOSITORY_DIR,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ready(self, name: str) -> bool:
        """Whether the worker has said that it is ready."""
        return " ready." in self.log(name) or name == "clock"

    def log(self, name: str) -> str:
        """What the worker has written."""
        path = self.logs / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def all_logs(self) -> str:
        """The end of what all of them have written."""
        return "\n".join(f"--- {name}\n{self.log(name)[-3000:]}" for name in self.processes)

    def pids(self, name: str) -> list[int]:
        """The worker's main process, then every process below it."""
        main = psutil.Process(self.processes[name].pid)
        return [main.pid, *(child.pid for child in main.children(recursive=True))]

    def kill(self, name: str) -> None:
        """SIGKILL the main process alone, as the out-of-memory killer would."""
        self.processes[name].kill()
        self.processes[name].wait()

    def terminate(self, name: str, timeout: float = 30) -> int:
        """SIGTERM the main process and wait for its end."""
        self.processes[name].terminate()
        return self.processes[name].wait(timeout)

    def stop(self) -> None:
        """End everything, whatever state the test left it in."""
        for name, process in self.processes.items():
            if process.poll() is None:
                for pid in self.pids(name):
                    _signal(pid, signal.SIGKILL)
                process.wait()


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def environment(database_url: str, redis_url: str, data_dir: Path, **more: str) -> dict[str, str]:
    """The environment of such workers."""
    return {
        **os.environ,
        **SHORT,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "LOUPE_DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "tests.jobs.testkinds.settings",
        "PYTHONUNBUFFERED": "1",
        # Keras takes its time; tests of jobs alone do without it.
        "LOUPE_JOB_PRELOAD": "0",
        **more,
    }


def read_journal(path: Path) -> list[dict[str, Any]]:
    """What the handlers of one job noted; a line that a kill cut short is left out."""
    if not path.exists():
        return []
    lines = path.read_text().splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]
