"""Functions that need TensorFlow, each run in a process of its own.

They are forked from one that has loaded TensorFlow, as the jobs of a worker are: loading takes
longer than most of them. The tests' own process stays light.
"""

import importlib
import multiprocessing
import os
import sys
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    ["tests.classifier.engine.trainer", "classifier.engine.fit.scratch"]
)


def start(function: str, *arguments: str, log: Path) -> ForkServerProcess:
    """Start `package.module:function` with these arguments, in today's environment."""
    process = _context.Process(target=_call, args=(function, arguments, dict(os.environ), log))
    process.start()
    return process


def run(function: str, *arguments: str, log: Path, seconds: float = 500) -> None:
    """Run it to its end; fail with the end of its log when it does not end well."""
    process = start(function, *arguments, log=log)
    process.join(seconds)
    code = process.exitcode
    process.kill()
    assert code == 0, log.read_text()[-3000:]


def _call(
    function: str, arguments: tuple[str, ...], environment: dict[str, str], log: Path
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output, stream.fileno())
    module, _, name = function.partition(":")
    getattr(importlib.import_module(module), name)(*arguments)
