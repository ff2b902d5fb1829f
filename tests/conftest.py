"""Fixtures that every test folder shares: people, clients, the running platform, a browser."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from django.conf import settings
from django.contrib.auth.hashers import (
    PBKDF2PasswordHasher,
    get_hashers,
    get_hashers_by_algorithm,
)
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.models.functions import Now
from django.test import Client
from filelock import FileLock
from rest_framework.test import APIClient

from jobs.models import Job, JobAttempt, Status
from jobs.services.withdraw import withdraw
from tests import factories
from tests.servers import REPOSITORY_DIR

SHARED_DATA_DIR = REPOSITORY_DIR.parent / "shared" / "data"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


# Workers of one kind at a time: all of them would take jobs from the same queues. Each entry ends
# workers that earlier tests started.
end_other_workers: list[Callable[[], None]] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run files without workers first, then those that disturb workers, then those of the stack.

    Those with a browser come after all without: it keeps an event loop, beside which no other runs.
    A file stays whole, because streams take whole files (`--dist loadfile`); of each kind a `long`
    one begins first, so that no stream is left alone with it in the end.
    """

    def workers_of(item: pytest.Item) -> int:
        names = getattr(item, "fixturenames", ())
        if "browser" in names:
            return 3
        return 2 if "running_stack" in names else int("disturbed_workers" in names)

    of_file: dict[Path, int] = {}
    for item in items:
        of_file[item.path] = max(of_file.get(item.path, 0), workers_of(item))
    for item in items:
        if "run_job" in getattr(item, "fixturenames", ()) and of_file[item.path] in (1, 2):
            raise pytest.UsageError(f"{item.nodeid}: a running worker would take the job")
    items.sort(key=lambda item: (of_file[item.path], item.get_closest_marker("long") is None))


@pytest.fixture(scope="session", autouse=True)
def quick_flush() -> None:
    """Empty the tables that hold rows: Django empties all, of which each gets new files.

    Tries again where a chore of a worker that still runs wrote meanwhile. Of the class, because
    tests with a browser, beside its event loop, have a connection of their own.
    """
    operations = type(connection.ops)
    execute = operations.execute_sql_flush

    def empty(self: DatabaseOperations, tables: list[str]) -> None:
        for _ in range(4):
            with suppress(OperationalError, IntegrityError):
                return execute(self, _emptying(tables))
            time.sleep(0.3)
        return execute(self, _emptying(tables))

    operations.sql_flush = lambda self, style, tables, **options: tables
    operations.execute_sql_flush = empty


def _emptying(tables: list[str]) -> list[str]:
    """Return the statements that empty tables, some of which refuse that by triggers."""
    names = {table: connection.ops.quote_name(table) for table in tables}
    looks = (f"(SELECT '{table}' FROM {name} LIMIT 1)" for table, name in names.items())
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        filled = [names[table] for (table,) in cursor.fetchall()]
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
        )
        guarded = [names[table] for (table,) in cursor.fetchall() if names[table] in filled]
    return [
        *(f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in guarded),
        *(f"DELETE FROM {name}" for name in filled),
        # A table whose references are still to be checked is not altered.
        "SET CONSTRAINTS ALL IMMEDIATE",
        *(f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in guarded),
    ]


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Pages name static files by content, as in production."""
    if not (settings.STATIC_ROOT / "staticfiles.json").exists():
        call_command("collectstatic", interactive=False, verbosity=0)
    # Every test client makes new middleware, and WhiteNoise then reads all of the static files.
    settings.WHITENOISE_AUTOREFRESH = True


class QuickHasher(PBKDF2PasswordHasher):
    """Django's own with fewer rounds: a real hash takes half a second, and tests guess a lot.

    The platform's processes verify what it made, for each hash names its rounds.
    """

    iterations = 1000


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Passwords are hashed quickly in the tests' own process."""
    settings.PASSWORD_HASHERS = [f"{__name__}.QuickHasher", *settings.PASSWORD_HASHERS[1:]]
    get_hashers.cache_clear()
    get_hashers_by_algorithm.cache_clear()


@pytest.fixture
def shared_data() -> Path:
    """The folder of real image sets, or a skip that says so."""
    if not SHARED_DATA_DIR.is_dir():
        pytest.skip(f"no real image sets: {SHARED_DATA_DIR} is not there")
    return SHARED_DATA_DIR


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """What the first of the streams that needs it has trained."""
    from tests.classifier.trained import train_tiny

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "trained"
    with FileLock(f"{folder}.lock"):
        folder.mkdir(exist_ok=True)
        return train_tiny(folder)


@pytest.fixture
def user(db):
    """A person with a personal organization."""
    return factories.make_user()


@pytest.fixture
def api(user) -> APIClient:
    """An API client signed in as `user`."""
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def page_client(client, user):
    """Django's test client signed in as `user`, just now."""
    factories.sign_in(client, user)
    return client


@pytest.fixture
def mail_server(settings):
    """Loupe with EMAIL_URL set; `django.core.mail.outbox` has what it sends."""
    settings.MAIL_IS_SENT = settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@dataclass
class Stack:
    """The platform as it runs for people: web server, workers and beat as their own processes."""

    url: str
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)
    logs: Path = Path()

    def start(self, name: str, *command: str, **environment: str) -> subprocess.Popen:
        """Start a process in its own session, with its output in `<logs>/<name>.log`."""
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=REPOSITORY_DIR,
                env={**self.environment, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes[name] = process
        return process

    def stop(self, name: str, sig: signal.Signals = signal.SIGTERM, timeout: float = 20) -> None:
        """Signal a process and wait for its end; after `timeout` seconds kill its session."""
        process = self.processes.pop(name)
        process.send_signal(sig)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def log(self, name: str) -> str:
        """Return what a process has written so far."""
        return (self.logs / f"{name}.log").read_text(errors="replace")


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def database_url_of_tests() -> str:
    """The address at which other processes find the database of this stream's tests."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


@pytest.fixture(scope="session")
def running_stack(
    django_db_setup, django_db_blocker, static_files, tmp_path_factory
) -> Iterator[Stack]:
    """Start the platform once a run, on the test database; use `stack` in tests."""
    for end in end_other_workers:
        end()
    with django_db_blocker.unblock():
        database_url = database_url_of_tests()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "LOUPE_PUBLIC_URL": url,
        "LOUPE_JOB_RETRY_SECONDS": "1,4,16",
        "PYTHONUNBUFFERED": "1",
    }
    stack = Stack(url=url, environment=environment, logs=tmp_path_factory.mktemp("logs"))
    stack.start("web", "uvicorn", "config.asgi:application", "--port", str(port),
                "--no-proxy-headers", *("--http", "common.head_time:HeadTimeProtocol"))  # fmt: skip
    for queue, options in {
        "io": ["--concurrency", "2"],
        "train": ["--concurrency", "1"],
        "instant": ["--concurrency", "2"],
        "beat": ["--concurrency", "1", "--beat", "--schedule", str(stack.logs / "beat")],
    }.items():
        stack.start(
            queue, "celery", "-A", "config.celery:app", "worker", "-Q", queue, "-n", f"{queue}@%h",
            "--loglevel", "info",
            *options,
        )  # fmt: skip
    stack.start("predict", "manage", "serve_predictions")
    try:
        wait_until(lambda: answers(f"{url}/healthz/ready"), 60, lambda: stack.log("web"))
        for queue in ("io", "train", "instant", "predict", "beat"):
            wait_until(lambda q=queue: " ready." in stack.log(q), 120, lambda q=queue: stack.log(q))
        yield stack
    finally:
        for name in list(stack.processes):
            stack.processes[name].send_signal(signal.SIGTERM)
        for name in list(stack.processes):
            stack.stop(name, signal.SIGTERM)


@pytest.fixture
def stack(running_stack: Stack, transactional_db) -> Iterator[Stack]:
    """The running platform with an empty database (the test's rows are visible to it)."""
    yield running_stack
    wait_until(nothing_is_at_work, 120, lambda: running_stack.log("io"))
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


def nothing_is_at_work() -> bool:
    """Stop what the test has left to the workers, and say whether they are through.

    An import leaves a quality check behind, whose rows would deadlock with the flush of the tables.
    """
    withdraw(jobs=Job.objects.all())
    # Tests also lay down jobs as if at work, with workers of other machines.
    here = JobAttempt.objects.filter(worker__startswith=f"{socket.gethostname()}:")
    running = Job.objects.filter(status=Status.RUNNING, attempt_set__in=here)
    if running.update(cancel_requested_at=Now()):
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
        return cursor.fetchone() == (0,)


def answers(url: str) -> bool:
    """Whether the address answers with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


def wait_until(
    condition: Callable[[], object], seconds: float, explain: Callable[[], str] = str
) -> None:
    """Poll until `condition()` is true; fail with `explain()` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not so after {seconds} s: {explain()[-4000:]}")
        time.sleep(0.05)


CAMERA_WIDTH, CAMERA_HEIGHT = 320, 240
# BT.601, limited range: red as (220, 30, 30) in Y, Cb, Cr.
CAMERA_RED = (88, 95, 225)


@pytest.fixture(scope="session")
def camera_file(tmp_path_factory) -> Path:
    """What every camera of the browser sees: red, for ever (YUV4MPEG2)."""
    path = tmp_path_factory.mktemp("camera") / "red.y4m"
    pixels = CAMERA_WIDTH * CAMERA_HEIGHT
    y, cb, cr = CAMERA_RED
    frame = bytes([y]) * pixels + bytes([cb]) * (pixels // 4) + bytes([cr]) * (pixels // 4)
    head = f"YUV4MPEG2 W{CAMERA_WIDTH} H{CAMERA_HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(head + (b"FRAME\n" + frame) * 5)
    return path


@pytest.fixture(scope="session")
def browser(camera_file):
    """Debian's Chromium, driven by Playwright. In CI its absence is a failure."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("browser tests must run in CI, and no Chromium is installed")
        pytest.skip("no Chromium: install Debian's `chromium` package to run the browser tests")
    # Playwright's synchronous API keeps an event loop in this thread.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from playwright.sync_api import expect, sync_playwright

    # A page on a busy machine may take longer than Playwright's five seconds.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera_file}",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, stack):
    """A fresh browser page on the running platform; script errors fail the test."""
    # Without a GPU, an icon that turns takes a quarter of a processor from what is tested.
    context = browser.new_context(
        base_url=stack.url, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: (
            errors.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def sign_in(page, stack) -> Callable:
    """Sign a person in, as if by the form, just now: `sign_in(user)`."""

    def _sign_in(person) -> None:
        client = Client()
        factories.sign_in(client, person)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": stack.url}
        page.context.add_cookies([cookie])

    return _sign_in


@pytest.fixture
def no_weights(monkeypatch):
    """As where the package that carries the default backbone's weights is not installed."""
    from classifier.engine.backbones.packaged_file import PackagedFile
    from classifier.engine.backbones.registry import DEFAULT

    gone = PackagedFile(
        package="no_such_package", path="a.pth", requirement="no-such==1", sha256="0" * 64
    )
    monkeypatch.setattr(type(DEFAULT), "weights", gone)
