"""A pytest plugin for a run in a warm process, on a database that is ready.

Takes the place of `tests.servers`, whose variables the parent process has set. Tests of a running
platform or a browser are left out. With `LOUPE_MUTANTS_COVERAGE` set, it writes down which lines of
the mutated rooms each test runs.
"""

import json
import os
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

TEMPLATE = "test_template"
# Says that the database of this place is there, and clean as tests leave it.
READY = Path(os.environ.get("LOUPE_DATA_DIR", ".")) / "database-is-ready"
TOO_SLOW = {"running_stack", "browser"}


class _ReadyDatabase:
    """Takes the place of pytest-django's fixture, which would migrate a database of its own."""

    @pytest.fixture(scope="session")
    def django_db_setup(self) -> None:
        """Copy the database that has all tables, unless a run before has left a clean one."""
        if READY.exists():
            return
        url = urlsplit(os.environ["DATABASE_URL"])
        connection = psycopg2.connect(urlunsplit(url._replace(path="/loupe")))
        connection.autocommit = True
        name = url.path.strip("/")
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
        connection.close()
        READY.touch()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a platform of its own, and workers unless they are asked for."""
    unwanted = set(TOO_SLOW)
    if "LOUPE_MUTANTS_COVERAGE" in os.environ:
        unwanted.add("disturbed_workers")
    left = [item for item in items if unwanted & set(getattr(item, "fixturenames", ()))]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


class _Recorder:
    """Measures one test after the other."""

    def __init__(self, coverage, path: Path) -> None:
        self.coverage = coverage
        self.path = path
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item):
        self.coverage.switch_context(item.nodeid)
        started = time.monotonic()
        yield
        self.seconds[item.nodeid] = time.monotonic() - started
        self.coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        data = self.coverage.get_data()
        lines: dict[str, dict[int, list[str]]] = {}
        for file in data.measured_files():
            of_file = data.contexts_by_lineno(file)
            name = str(Path(file).relative_to(Path.cwd()))
            lines[name] = {line: [c for c in found if c] for line, found in of_file.items()}
        seconds = {name: took for name, took in self.seconds.items() if name not in self.failed}
        self.path.write_text(json.dumps({"seconds": seconds, "lines": lines}))


def pytest_configure(config: pytest.Config) -> None:
    """Use the database that is ready; measure when asked to."""
    config.pluginmanager.register(_ReadyDatabase())
    if _recorder is not None:
        config.pluginmanager.register(_recorder)


def _start_recorder() -> _Recorder | None:
    path = os.environ.get("LOUPE_MUTANTS_COVERAGE")
    if path is None:
        return None
    import coverage

    from tests.mutants.sample import ROOMS

    include = [str(Path.cwd() / glob) for globs in ROOMS.values() for glob in globs]
    measuring = coverage.Coverage(data_file=f"{path}.data", include=include, config_file=False)
    measuring.start()
    return _Recorder(measuring, Path(path))


# At import, before Django loads what is to be measured.
_recorder = _start_recorder()
