"""Whether the static files must be collected again: most starts need not spend three seconds."""

import hashlib
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from embedded.options import REPOSITORY

SOURCES = ("platform/frontend/dist", "platform/frontend/css", "platform/frontend/js")
"""Where the settings look besides installed packages and the `static/` folders of apps."""


def fingerprint(repository: Path = REPOSITORY) -> str:
    """Return a digest that changes with every file that `collectstatic` might read.

    Our own files count with name, size and time of change; installed packages with their version.
    """
    digest = hashlib.sha256()
    for line in sorted(_facts(repository)):
        digest.update(line.encode(errors="surrogateescape") + b"\n")
    return digest.hexdigest()


def _facts(repository: Path) -> Iterator[str]:
    settings = repository / "platform" / "config" / "settings.py"
    folders = [repository / source for source in SOURCES]
    for base in (repository, repository / "platform"):
        folders += base.glob("*/static")
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    for path in (settings, *files):
        status = path.stat()
        yield f"{path} {status.st_size} {status.st_mtime_ns}"
    for package in Path(sysconfig.get_path("purelib")).glob("*.dist-info"):
        yield package.name
