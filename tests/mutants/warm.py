"""A pytest plugin: one process collects all tests, and a fork of it for each mutant runs some.

The fork puts the changed code into the functions that are loaded already, so that nothing is
imported or collected again. What stands outside of functions was read at import:
`sample.is_in_function` tells.
"""

import gc
import json
import os
import sys
import time
import types
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from _pytest.main import pytest_runtestloop as run_tests

from tests.mutants.plugin import READY


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Instead of all tests, run those of each mutant in turn."""
    work = json.loads(Path(os.environ["LOUPE_MUTANTS_WORK"]).read_text())
    items = {item.nodeid: item for item in session.items}
    functions = _functions_by_file({str(Path.cwd() / each["path"]) for each in work["mutants"]})
    # What is loaded by now is looked at by no collector, in no fork.
    gc.collect()
    gc.freeze()
    for number, mutant in enumerate(work["mutants"]):
        file = Path.cwd() / mutant["path"]
        before = file.read_text()
        _write(file, mutant["code"], 2 * number)
        chosen = [items[test] for test in mutant["tests"] if test in items]
        try:
            ended = _in_a_fork(session, chosen, functions[str(file)], file, mutant["code"])
        finally:
            _write(file, before, 2 * number + 1)
        with Path(work["results"]).open("a") as results:
            results.write(json.dumps({**mutant["facts"], **ended}) + "\n")
    session.items = []
    return True


def _write(file: Path, content: str, number: int) -> None:
    """Write a source for programs that tests start; compiled code is known by second and size."""
    file.write_text(content)
    stamp = time.time() + 2 * number
    os.utime(file, (stamp, stamp))


def _in_a_fork(
    session: pytest.Session,
    items: list[pytest.Item],
    functions: list[types.FunctionType],
    file: Path,
    code: str,
) -> dict:
    started = time.monotonic()
    output = Path(f"{os.environ['LOUPE_MUTANTS_WORK']}.output")
    pid = os.fork()
    if not pid:
        _run(session, items, functions, file, code, output)
    status: int | str = "timeout"
    while time.monotonic() < started + float(os.environ["LOUPE_MUTANTS_SECONDS"]):
        ended, how = os.waitpid(pid, os.WNOHANG)
        if ended:
            status = {0: "survived", 1: "killed"}.get(os.waitstatus_to_exitcode(how), "not run")
            break
        time.sleep(0.01)
    with suppress(ProcessLookupError):
        os.killpg(pid, 9)
    if status == "timeout":
        os.waitpid(pid, 0)
    if status not in ("survived", "killed"):
        # It may have left rows behind.
        READY.unlink(missing_ok=True)
    return {
        "end": status,
        "tests": len(items),
        "seconds": round(time.monotonic() - started, 2),
        "output": output.read_text(errors="replace")[-1500:],
    }


def _run(
    session: pytest.Session,
    items: list[pytest.Item],
    functions: list[types.FunctionType],
    file: Path,
    code: str,
    output: Path,
) -> None:
    status = 98
    try:
        os.setsid()
        written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(written, 1)
        os.dup2(written, 2)
        replace_code(functions, file, code)
        session.items = items
        session.config.option.maxfail = 1
        with suppress(session.Failed):
            run_tests(session)
        session._setupstate.teardown_exact(None)
        status = int(session.testsfailed > 0)
    except BaseException as error:
        sys.stdout.write(f"\n{error!r}\n")
    finally:
        sys.stdout.flush()
        os._exit(status)


def _functions_by_file(files: set[str]) -> dict[str, list[types.FunctionType]]:
    found: dict[str, list[types.FunctionType]] = {file: [] for file in files}
    for function in gc.get_objects():
        if isinstance(function, types.FunctionType) and function.__code__.co_filename in found:
            found[function.__code__.co_filename].append(function)
    return found


def replace_code(functions: Iterable[types.FunctionType], file: Path, source: str) -> None:
    """Give each loaded function of a file the code that `source` has at its place."""
    module = compile(source, str(file), "exec")
    codes = {(code.co_qualname, code.co_firstlineno): code for code in _codes(module)}
    for function in functions:
        old = function.__code__
        function.__code__ = codes.get((old.co_qualname, old.co_firstlineno), old)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)
