"""A Python program of ours, and how it is started."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from programs.gpus import variables_for
from programs.isolation import is_available

ROOT = Path(__file__).resolve().parents[2]
STUB = "programs.child"
# For programs that read or fetch weights: where these are, and how to reach the network.
FOR_WEIGHTS = (
    "HOME", "KERAS_HOME", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE",
    "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Program:
    """A module that runs in a process of its own (`python -m module arguments`).

    `memory_bytes` bounds its addresses (RLIMIT_AS; None: unbounded). It inherits `PATH`,
    `PYTHONPATH` and what `inherits` names of the environment, or with `secrets` everything;
    `variables` come on top. Without `secrets` it sees no GPU. Without `network` it has none, and
    `/proc` only with `sees_processes`, or `until_hidden` by itself, where the kernel allows that
    (`programs.isolation`). It ends with the *thread* that started it.
    """

    module: str
    arguments: tuple[str, ...] = ()
    memory_bytes: int | None = None
    inherits: tuple[str, ...] = ()
    secrets: bool = False
    network: bool = False
    sees_processes: bool = False
    until_hidden: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        """Return the command line; `arguments` follow the program's own."""
        words = [sys.executable, "-m", STUB, "--parent", str(os.getpid())]
        if self.memory_bytes is not None:
            words += ["--memory-bytes", str(self.memory_bytes)]
        if not self.network and is_available():
            words += ["--no-network"]
            if self.until_hidden:
                words += ["--processes-until-hidden"]
            else:
                words += [] if self.sees_processes else ["--no-processes"]
        return [*words, self.module, *self.arguments, *arguments]

    def environment(self) -> dict[str, str]:
        """Return the variables that the process gets."""
        if self.secrets:
            return {**os.environ, **self.variables}
        names = ("PATH", "PYTHONPATH", *self.inherits)
        known = {name: os.environ[name] for name in names if name in os.environ}
        # TensorFlow would take the memory of every GPU that it sees.
        return {**known, **variables_for(None), **self.variables}

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
        """Start the process; `options` are those of `subprocess.Popen` (pipes, sessions)."""
        return subprocess.Popen(
            self.command(*arguments), cwd=ROOT, env=self.environment(), **options
        )

    def run(self, *arguments: str, timeout: float) -> "subprocess.CompletedProcess[str]":
        """Run the program to its end and return what it wrote.

        Raises `subprocess.TimeoutExpired` after `timeout` seconds, when it is killed.
        """
        return subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
