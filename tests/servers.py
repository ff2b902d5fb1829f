"""A pytest plugin that gives the run a Postgres and a Redis of its own.

Loaded by `-p tests.servers` (pyproject.toml) before pytest-django reads the settings. Servers named
by DATABASE_URL and REDIS_URL are used when they are given; the embedded ones are started otherwise,
in a data folder that is removed at the end.
"""

import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

REPOSITORY_DIR = Path(__file__).resolve().parents[1]
for source_root in (str(REPOSITORY_DIR / "platform"), str(REPOSITORY_DIR)):
    if source_root not in sys.path:
        sys.path.insert(0, source_root)

from embedded.postgres import PostgresServer  # noqa: E402
from embedded.redis import RedisServer  # noqa: E402

_running = ExitStack()


def _start() -> None:
    data_dir = Path(tempfile.mkdtemp(prefix="loupe-tests-"))
    _running.callback(shutil.rmtree, data_dir, ignore_errors=True)
    if "DATABASE_URL" not in os.environ:
        server = _running.enter_context(PostgresServer(data_dir / "postgres", durable=False))
        os.environ["DATABASE_URL"] = server.owner_url
    if "REDIS_URL" not in os.environ:
        os.environ["REDIS_URL"] = _running.enter_context(RedisServer(data_dir / "redis")).url
        images = RedisServer(data_dir / "redis-images", durable=False, max_bytes=512 << 20)
        os.environ["LOUPE_IMAGES_REDIS_URL"] = _running.enter_context(images).url
    os.environ.setdefault("SECRET_KEY", "tests-only-secret-key-of-no-value-0123456789abcdef")
    os.environ["LOUPE_DATA_DIR"] = str(data_dir / "loupe")
    # As most installations start: without a mail server. The fixture `mail_server` gives one.
    os.environ.pop("EMAIL_URL", None)
    # No weights are at hand but those that a test puts there, whatever this machine has.
    os.environ.pop("LOUPE_WEIGHTS_DIR", None)
    os.environ["KERAS_HOME"] = str(data_dir / "keras")


_start()


def pytest_unconfigure() -> None:
    """Stop the servers and remove their data."""
    _running.close()
