"""Places to run tests on a changed source: a copy of the tree, a database, a Redis, a data folder.

One Postgres server serves all. Tests run in a fork of a process that has imported what is not
ours, on a fresh copy of a database that has all tables.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from embedded.postgres import PostgresServer
from embedded.redis import RedisServer
from tests.mutants.plugin import TEMPLATE
from tests.servers import REPOSITORY_DIR

# What takes long to import and is not ours; nothing that asks for Django's settings.
_WARM = (
    "_pytest.assertion.rewrite", "pytest", "pytest_timeout", "hypothesis", "hypothesis.strategies",
    "numpy", "numpy.testing", "PIL.Image", "PIL.features", "psycopg2.extras", "redis.asyncio",
    "celery.app",
    "kombu.transport.redis", "celery.app.task", "playwright.sync_api", "django.db.models",
    "django.test", "django.core.management", "django.core.handlers.asgi", "unittest.mock",
    "tusclient.client", "requests", "httpx", "cryptography.x509", "fido2.webauthn", "asyncio",
)  # fmt: skip


class Outcome(NamedTuple):
    """How a run of tests ended: pytest's status (None: it took too long), seconds, last output."""

    status: int | None
    seconds: float
    output: str


class Place:
    """Where one run of tests at a time happens."""

    def __init__(self, folder: Path, number: int, postgres: PostgresServer, redis_url: str) -> None:
        self.tree = folder / f"tree-{number}"
        self.data = folder / f"data-{number}"
        self.name = f"place_{number}"
        self._postgres = postgres
        self._redis_url = redis_url
        self._clock = int(time.time())
        _copy_tree(self.tree)

    @contextmanager
    def changed(self, path: str, content: str) -> Iterator[None]:
        """Have a file of the tree say something else meanwhile."""
        file = self.tree / path
        before = file.read_text()
        self._write(file, content)
        try:
            yield
        finally:
            self._write(file, before)

    def _write(self, file: Path, content: str) -> None:
        file.write_text(content)
        # Python knows compiled code by the second and the size of its source.
        self._clock += 2
        os.utime(file, (self._clock, self._clock))

    def run(self, arguments: Sequence[str], seconds: float, **environment: str) -> Outcome:
        """Run pytest in a fork, in this place's tree."""
        (self.data / "database-is-ready").unlink(missing_ok=True)
        environment |= {
            "DATABASE_URL": _url(self._postgres, self.name),
            "REDIS_URL": self._redis_url,
            "LOUPE_IMAGES_REDIS_URL": self._redis_url,
            "LOUPE_DATA_DIR": str(self.data),
            "KERAS_HOME": str(self.data / "keras"),
            "SECRET_KEY": "tests-only-secret-key-of-no-value-0123456789abcdef",
            "TMPDIR": str(self.data.parent),
        }
        started = time.monotonic()
        output = self.data.parent / f"output-{self.name}"
        pid = os.fork()
        if not pid:
            _become_pytest(self.tree, output, arguments, environment)
        status = _wait(pid, started + seconds)
        _end_session(pid)
        return Outcome(status, time.monotonic() - started, output.read_text(errors="replace"))


def _url(postgres: PostgresServer, database: str) -> str:
    return urlunsplit(urlsplit(postgres.owner_url)._replace(path=f"/{database}"))


@contextmanager
def places(count: int) -> Iterator[list[Place]]:
    """Start the servers, and end them at the end."""
    with ExitStack() as running:
        folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = running.enter_context(PostgresServer(folder / "postgres", durable=False))
        redis = [
            running.enter_context(RedisServer(folder / f"redis-{n}", durable=False)).url
            for n in range(count)
        ]
        made = [Place(folder, number, postgres, url) for number, url in enumerate(redis)]
        for name in _WARM:
            try:
                __import__(name)
            except ImportError:
                print("not warm:", name)
        _make_template(made[0], postgres)
        yield made


def _make_template(place: Place, postgres: PostgresServer) -> None:
    with _connected(postgres) as cursor:
        cursor.execute(f'CREATE DATABASE "{TEMPLATE}"')
    environment = {
        **os.environ,
        "DATABASE_URL": _url(postgres, TEMPLATE),
        "REDIS_URL": place._redis_url,
        "SECRET_KEY": "template",
        "LOUPE_DATA_DIR": str(place.data),
        "PYTHONPATH": f"{place.tree / 'platform'}:{place.tree}",
    }
    for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=place.tree, env=environment, check=True
        )
    for other in place.data.parent.glob("tree-*"):
        data = other.with_name(other.name.replace("tree", "data"))
        if data != place.data:
            shutil.copytree(place.data / "static", data / "static")


@contextmanager
def _connected(postgres: PostgresServer):
    connection = psycopg2.connect(postgres.owner_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


def _copy_tree(tree: Path) -> None:
    tree.mkdir()
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, cwd=REPOSITORY_DIR, text=True).split("\0"):
        source = REPOSITORY_DIR / name
        if name and source.is_file() and not source.is_symlink():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, tree / name)
    for name in ("platform/frontend/node_modules", "platform/frontend/dist", ".venv"):
        if (REPOSITORY_DIR / name).exists() and not (tree / name).exists():
            (tree / name).symlink_to((REPOSITORY_DIR / name).resolve())


def _become_pytest(
    tree: Path, output: Path, arguments: Sequence[str], environment: dict[str, str]
) -> None:
    os.setsid()
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.environ.update(environment)
    for name in ("EMAIL_URL", "LOUPE_WEIGHTS_DIR"):
        os.environ.pop(name, None)
    os.chdir(tree)
    own = {str(REPOSITORY_DIR), str(REPOSITORY_DIR / "platform"), ""}
    sys.path[:] = [str(tree), str(tree / "platform"), *(p for p in sys.path if p not in own)]
    for name in [name for name in sys.modules if name.split(".")[0] in ("tests", "embedded")]:
        del sys.modules[name]
    status = 99
    try:
        import pytest

        status = int(pytest.main(["-o", _OPTIONS, *arguments]))
    finally:
        sys.stdout.flush()
        os._exit(status)


# Without `-p tests.servers`: the servers run.
_OPTIONS = (
    "addopts=-p tests.mutants.plugin --import-mode=importlib -p no:cacheprovider -p no:schemathesis"
)


def _wait(pid: int, deadline: float) -> int | None:
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _end_session(pid: int) -> None:
    """Kill what tests have left behind in their session: workers, decoders."""
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,sid="], capture_output=True, text=True, check=True
    )
    for line in listed.stdout.splitlines():
        process, session = map(int, line.split())
        if session == pid:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
