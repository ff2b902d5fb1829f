"""A Docker engine on this machine, and a project of docker/compose.yaml in it."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

from tests.servers import REPOSITORY_DIR

NAME = "loupe-proof"
_SECRETS = ("SECRET_KEY", "POSTGRES_PASSWORD", "POSTGRES_SERVING_PASSWORD", "REDIS_PASSWORD")
_CAP_SYS_RESOURCE = 24


def docker(*words: str) -> str:
    """Return what `docker` prints; raises `subprocess.CalledProcessError`."""
    done = subprocess.run(["docker", *words], check=True, capture_output=True, text=True)
    return done.stdout


class Project:
    """The services of the compose file, with secrets and volumes of their own."""

    def __init__(self, port: int) -> None:
        self.url = f"http://localhost:{port}"
        self.secrets = {name: secrets.token_urlsafe(32) for name in _SECRETS}
        self._folder = Path(tempfile.mkdtemp(prefix="loupe-proof-"))
        text = (REPOSITORY_DIR / "docker" / "compose.yaml").read_text()
        # docker-compose 1, which Debian has, knows no project name in the file.
        text = re.sub(r"(?m)^name:.*\n", "", text)
        if not self.may_raise_limits:
            text = text.replace("    ulimits:\n      nice: 20\n", "")
        (self._folder / "compose.yaml").write_text(text)
        lines = {**self.secrets, "LOUPE_PUBLIC_URL": self.url, "LOUPE_PORT": str(port)}
        lines["LOUPE_ADMIN_PASSWORD"] = self.secrets["admin"] = secrets.token_urlsafe(32)
        (self._folder / ".env").write_text("".join(f"{k}={v}\n" for k, v in lines.items()))

    @property
    def may_raise_limits(self) -> bool:
        """Whether root of this machine may, as Docker does for `ulimits` (CAP_SYS_RESOURCE)."""
        effective = re.search(r"CapEff:\s*(\w+)", Path("/proc/self/status").read_text())
        return effective is not None and bool(int(effective[1], 16) >> _CAP_SYS_RESOURCE & 1)

    def __enter__(self) -> "Project":
        """Clear what an earlier proof has left."""
        self.compose("down", "--volumes", "--remove-orphans")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep the logs of what failed, then remove containers and volumes."""
        if error is not None:
            print(self.compose("logs", "--tail", "60", "--no-color"))
        self.compose("down", "--volumes", "--remove-orphans")
        shutil.rmtree(self._folder)

    def compose(self, *words: str) -> str:
        """Return what `docker-compose` prints; raises RuntimeError with it."""
        done = subprocess.run(
            ["docker-compose", "--project-name", NAME, "--file", "compose.yaml", *words],
            cwd=self._folder,
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], "HOME": str(self._folder)},
        )
        if done.returncode:
            raise RuntimeError(f"docker-compose {' '.join(words)}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def container(self, service: str) -> str:
        """Return the id of a service's container."""
        return self.compose("ps", "--quiet", service).strip()

    def services(self) -> list[str]:
        """Return the names of the services that run all the time."""
        named = self.compose("config", "--services").split()
        return sorted(name for name in named if name not in ("migrate", "worker-train-gpu"))

    def state(self, service: str) -> dict[str, str]:
        """Return `status`, `health` and `restarts` of a container."""
        health = "{{if .State.Health}}{{.State.Health.Status}}{{end}}"
        form = "{{.State.Status}} " + health + " {{.RestartCount}}"
        words = docker("inspect", "--format", form, self.container(service)).split(" ")
        return dict(zip(("status", "health", "restarts"), map(str.strip, words), strict=True))

    def wait_until_healthy(self, seconds: float = 600) -> float:
        """Return after how many seconds every service was healthy."""
        started = time.monotonic()
        while True:
            health = {name: self.state(name)["health"] for name in self.services()}
            if all(said == "healthy" for said in health.values()):
                return time.monotonic() - started
            if time.monotonic() - started > seconds:
                raise RuntimeError(f"not healthy after {seconds} s: {health}")
            time.sleep(1)

    def execute(self, service: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a program in a service's container."""
        return subprocess.run(
            ["docker", "exec", self.container(service), *words], capture_output=True, text=True
        )

    def crash(self, service: str) -> None:
        """Kill a container's first process from outside, as a fault would."""
        pid = docker("inspect", "--format", "{{.State.Pid}}", self.container(service))
        os.kill(int(pid), signal.SIGKILL)
