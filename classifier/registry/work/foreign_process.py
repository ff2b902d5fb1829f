"""The parent's side of the process that opens foreign models."""

import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from classifier.engine.foreign import limits
from jobs.errors import JobFailed
from programs.launch import Program

_POLL_SECONDS = 0.5
_LONGEST_ANSWER = 1 << 20
PROGRAM = Program(
    module="classifier.engine.foreign.process",
    memory_bytes=limits.MEMORY_BYTES,
    until_hidden=True,
    variables={
        "PYTHONDONTWRITEBYTECODE": "1",
        "KERAS_BACKEND": "tensorflow",
        # Keras would keep its settings in the home of whose process this is.
        "KERAS_HOME": "/dev/null/keras",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # A worker has other work; threads would also each take a part of the bounded memory.
        "OMP_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "1",
    },
)

# What people may be told by a process that has a stranger's file open.
STEPS = (
    "Loading TensorFlow", "Checking the file", "Opening the network", "Converting it",
    "Trying it on your images", "Asking the converted file",
)  # fmt: skip
Told = Callable[[str], None]


def opened_apart(
    file: Path,
    request: dict[str, Any],
    images: "np.ndarray[Any, np.dtype[np.uint8]] | None",
    out: Path,
    told: Told,
    program: Program = PROGRAM,
) -> dict[str, Any]:
    """Have a foreign model opened in a process of its own; return what that found.

    The served file is written to `out`. `told` is called with each step and twice a second: what it
    raises ends the process. Raises `JobFailed` for a refused file, and for a process that died.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        file.open("rb") as content,
        out.open("wb") as served,
    ):
        given = {
            "mode": "open",
            **request,
            "bytes": file.stat().st_size,
            "out": served.fileno(),
            "images": None,
        }
        # What libraries write while they are loaded goes with it.
        program = replace(program, variables={**program.variables, "TMPDIR": folder})
        handed = [served.fileno()]
        with tempfile.TemporaryFile() as pixels:
            if images is not None:
                pixels.write(images.tobytes())
                pixels.seek(0)
                given["images"] = {"descriptor": pixels.fileno(), "shape": list(images.shape)}
                handed.append(pixels.fileno())
            process = program.start(
                json.dumps(given),
                stdin=content,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=handed,
            )
            try:
                return _answer(process, told)
            finally:
                process.kill()
                process.communicate()


def _answer(process: "subprocess.Popen[bytes]", told: Told) -> dict[str, Any]:
    lines = cast(IO[bytes], process.stdout)
    os.set_blocking(lines.fileno(), False)
    deadline = time.monotonic() + 2 * limits.PROCESSOR_SECONDS
    held, step = b"", "Starting"
    with selectors.DefaultSelector() as waiting:
        waiting.register(lines, selectors.EVENT_READ)
        while True:
            told(step)
            if time.monotonic() > deadline:
                raise _timed_out()
            if not waiting.select(_POLL_SECONDS):
                continue
            block = os.read(lines.fileno(), 1 << 16)
            if not block or len(held) > _LONGEST_ANSWER:
                raise _died(process.wait())
            *whole, held = (held + block).split(b"\n")
            for line in whole:
                answer = _read(line)
                if "done" in answer:
                    found: dict[str, Any] = answer["done"]
                    return found
                if "refused" in answer:
                    raise _refused(answer["refused"])
                step = answer["step"] if answer.get("step") in STEPS else step


def _read(line: bytes) -> dict[str, Any]:
    """Return a line of the process; what was taken over may write anything."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _died(0)
    return answer


def _refused(error: Any) -> JobFailed:
    if not isinstance(error, dict):
        return _died(0)
    code, detail, hint = (str(error.get(name, ""))[:1000] for name in ("code", "detail", "hint"))
    if code == "out_of_memory":
        return JobFailed(code, detail, "Bring a smaller network.", retry=False)
    if code == "no_sandbox":
        return JobFailed("internal", detail, hint, retry=False)
    return JobFailed("bad_data", detail, hint)


def _died(code: int) -> JobFailed:
    if code == -signal.SIGXCPU:
        return _timed_out()
    if code in (-signal.SIGKILL, -signal.SIGABRT):
        return JobFailed(
            "out_of_memory", "Opening the network needed more memory than is allowed.", retry=False
        )
    return JobFailed(
        "bad_data",
        "Opening the network ended the process that did it, so it is not taken.",
        "Load the file with Keras 3, save it again, and bring that file.",
    )


def _timed_out() -> JobFailed:
    return JobFailed(
        "timed_out",
        f"Opening and converting a network may take {limits.PROCESSOR_SECONDS} s of a core; this "
        "one took longer.",
        "Bring a smaller network.",
    )
