"""Commands that run to their end beside the platform: those of manage.py, and its client."""

import subprocess
from contextlib import nullcontext
from pathlib import Path

from embedded.options import REPOSITORY
from embedded.stop_signal import StopSignal


def run_command(
    command: list[str],
    environment: dict[str, str],
    stop: StopSignal,
    *,
    output: Path | None = None,
    folder: Path = REPOSITORY,
) -> int:
    """Run a command in `folder` to its end, return its status; a wish to stop ends it first."""
    with output.open("wb") if output else nullcontext() as file:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        stop.wait_for(lambda: process.poll() is not None, None, every=0.02)
    finally:
        _end(process)
    return process.returncode


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
