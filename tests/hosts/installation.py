"""Loupe on four hosts: services, a web server with the clock, and two hosts of workers."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.conftest import answers, wait_until
from tests.hosts.network import Host, Network
from tests.hosts.postgres import NetworkedPostgres
from tests.hosts.services import Services
from tests.jobs.workers import REPOSITORY_DIR, SHORT

WORKERS = ("a", "b")
DISK_BYTES = 400 << 20
# A machine that carries four hosts keeps no time to the second.
LEASE = {
    "LOUPE_JOB_LEASE_SECONDS": "15",
    "LOUPE_JOB_RENEW_SECONDS": "1",
    "LOUPE_JOB_GIVE_UP_SECONDS": "12",
}
CELERY = [sys.executable, "-m", "celery", "-A", "config.celery:app", "worker", "--loglevel=info",
          "--without-gossip", "--without-mingle"]  # fmt: skip
PROGRAMS = {
    "io": [*CELERY, "-Q", "io", "-n", "io@%h", "--concurrency=2"],
    "train": [*CELERY, "-Q", "train", "-n", "train@%h", "--concurrency=1"],
    "predict": [sys.executable, str(REPOSITORY_DIR / "manage.py"), "serve_predictions"],
}

_CLOCK = """
import os, sys

if os.environ.get("WRONG_CLOCK_SECONDS") != {seconds!r}:
    os.environ |= {{"LD_PRELOAD": {library!r}, "WRONG_CLOCK_SECONDS": {seconds!r}}}
    os.execv(sys.executable, sys.orig_argv)
"""


class Installation:
    """It runs until `close`; `hosts` has the web server's and the workers'.

    A `single` host has everything, and its files in a folder.
    """

    def __init__(self, folder: Path, postgres: NetworkedPostgres, *, single: bool = False) -> None:
        self.logs = folder
        self.network = Network()
        self.hosts: dict[str, Host] = {}
        self.services = Services(self.network, postgres, folder)
        data_dir = folder / "data"
        data_dir.mkdir()
        for number, name in enumerate(("web",) if single else ("web", *WORKERS), 2):
            self.hosts[name] = Host(self.network, name, number, data_dir, DISK_BYTES)
        self.url = f"http://{self.hosts['web'].address}:8000"
        self.variables = {
            **self.services.variables,
            **SHORT,
            **LEASE,
            **({"LOUPE_S3_BUCKET": ""} if single else {}),
            "LOUPE_PUBLIC_URL": self.url,
            "LOUPE_JOB_PRELOAD": "0",
            "LOUPE_EMBED_UNASKED": "0",
            "LOUPE_FREE_DISK_BYTES": "1",
            # Trainings of two hosts share two processors here.
            "OMP_NUM_THREADS": "1",
        }
        self._start_web()

    def _start_web(self) -> None:
        web = self.hosts["web"]
        server = ["-m", "uvicorn", "config.asgi:application", "--host", web.address]
        web.start("server", [sys.executable, *server], self.variables, self.logs)
        clock = ["--pool=solo", "--beat", "--schedule", f"{web.data_dir}/beat.db"]
        beat = [*CELERY, "-Q", "beat", "-n", "beat@%h", *clock]
        web.start("beat", beat, self.variables, self.logs)
        wait_until(lambda: answers(f"{self.url}/healthz/ready"), 120, self._said("web", "server"))

    def start(self, *names: str, clocks: dict[str, int] | None = None) -> None:
        """Start the programs of worker hosts; `clocks` says whose are how many seconds ahead."""
        for name in names:
            for program, command in PROGRAMS.items():
                self.hosts[name].log_of(program, self.logs).write_bytes(b"")
                variables = self.variables | self._wrong_clock((clocks or {}).get(name, 0))
                self.hosts[name].start(program, command, variables, self.logs)
        for name in names:
            for program in PROGRAMS:
                self._wait_ready(name, program)

    def _wrong_clock(self, seconds: int) -> dict[str, str]:
        if not seconds:
            return {}
        library = self.logs / "wrong_clock.so"
        source = REPOSITORY_DIR / "tests" / "hosts" / "wrong_clock.c"
        compiler = ["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"]
        subprocess.run(compiler, check=True)
        # Programs hand on where modules are and little else: each Python takes the clock by itself.
        folder = self.logs / f"clock-{seconds}"
        folder.mkdir(exist_ok=True)
        folder.joinpath("sitecustomize.py").write_text(
            _CLOCK.format(library=str(library), seconds=str(seconds))
        )
        return {"PYTHONPATH": str(folder)}

    def _wait_ready(self, host: str, program: str) -> None:
        said = self._said(host, program)
        wait_until(lambda: " ready." in said(), 180, said)

    def _said(self, host: str, program: str):
        return lambda: self.log(host, [program])

    def log(self, host: str, programs: Iterable[str] = PROGRAMS) -> str:
        """Return what programs of a host have written."""
        paths = (self.hosts[host].log_of(program, self.logs) for program in programs)
        return "\n".join(path.read_text(errors="replace") for path in paths if path.exists())

    def close(self) -> None:
        """Take everything down."""
        for host in self.hosts.values():
            host.close()
        self.services.close()
        self.network.close()
