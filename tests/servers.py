"""A pytest plugin that gives the run a Postgres and a Redis of its own.

Loaded by `-p tests.servers` (pyproject.toml) before pytest-django reads the settings. Servers named
by DATABASE_URL and REDIS_URL are used when they are given; the embedded ones are started otherwise,
in a data folder that is removed at the end.

With `-n` each of the streams (pytest-xdist's workers) starts servers of its own, because tests
empty both and stop their workers. The process that hands out the tests starts none.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

import embedded
from embedded.postgres import PostgresServer
from embedded.redis import RedisServer

REPOSITORY_DIR = Path(__file__).resolve().parents[1]
# Django's settings want addresses; the process that hands out the tests calls on none of them.
NO_SERVERS = {"DATABASE_URL": "postgres:///no-test-runs-here", "REDIS_URL": "redis://no-test/0"}

_running = ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Start the servers, or leave that to the streams."""
    installed = Path(embedded.__file__).parents[2]
    if installed != REPOSITORY_DIR:
        raise pytest.UsageError(f"{installed} is installed here: run `make setup` for this copy")
    is_stream = "PYTEST_XDIST_WORKER" in os.environ
    if is_stream:
        del os.environ["PYTEST_PLUGINS"]
        for name in NO_SERVERS:
            del os.environ[name]
    if is_stream or not getattr(early_config.known_args_namespace, "numprocesses", None):
        start()
    else:
        _leave_servers_to_streams()
        _set_up(_new_data_dir())
    # As most installations start: without a mail server. The fixture `mail_server` gives one.
    os.environ.pop("EMAIL_URL", None)
    # No weights of MobileNetV2 are at hand but those that a test puts there.
    os.environ.pop("LOUPE_WEIGHTS_DIR", None)
    # Each import would be followed by embeddings; a test that wants them asks for them.
    os.environ["LOUPE_EMBED_UNASKED"] = "0"
    return (yield)


def start() -> None:
    """Start the servers and set the environment; `stop` ends them. Benchmarks call it too."""
    data_dir = _new_data_dir()
    _start_servers(data_dir)
    _set_up(data_dir)


def stop() -> None:
    """Stop the servers and remove their data."""
    _running.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto` is a stream for each core, as long as there are 6 GB for each.

    A stream is the tests' own process, the platform's six, TensorFlow and a Chromium. With a stream
    more, tests of leases and outages miss their times on a busy machine.
    """
    available = psutil.virtual_memory().available // (6 << 30)
    return max(1, min(len(os.sched_getaffinity(0)), available))


def _new_data_dir() -> Path:
    data_dir = Path(tempfile.mkdtemp(prefix="loupe-tests-"))
    _running.callback(shutil.rmtree, data_dir, ignore_errors=True)
    return data_dir


def _set_up(data_dir: Path) -> None:
    os.environ["LOUPE_DATA_DIR"] = str(data_dir / "loupe")
    os.environ["KERAS_HOME"] = str(data_dir / "keras")
    os.environ.setdefault("SECRET_KEY", "tests-only-secret-key-of-no-value-0123456789abcdef")


def _start_servers(data_dir: Path) -> None:
    if "DATABASE_URL" not in os.environ:
        server = _running.enter_context(PostgresServer(data_dir / "postgres", durable=False))
        os.environ["DATABASE_URL"] = server.owner_url
    if "REDIS_URL" not in os.environ:
        os.environ["REDIS_URL"] = _running.enter_context(RedisServer(data_dir / "redis")).url
        images = RedisServer(data_dir / "redis-images", durable=False, max_bytes=512 << 20)
        os.environ["LOUPE_IMAGES_REDIS_URL"] = _running.enter_context(images).url


def _leave_servers_to_streams() -> None:
    given = [name for name in NO_SERVERS if name in os.environ]
    if given:
        raise pytest.UsageError(
            f"streams do not share servers: run without {' and '.join(given)}, or with `-n 0`"
        )
    os.environ.update(NO_SERVERS)
    # pytest-xdist loads the plugins of a stream after pytest-django has read the settings.
    os.environ["PYTEST_PLUGINS"] = __name__


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    stop()
