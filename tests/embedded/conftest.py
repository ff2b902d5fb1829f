"""What the tests of the embedded servers share: folders with short paths, and other users."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded.identity import LAUNCHER

PLATFORM = LAUNCHER.parents[1]
NOBODY = 65534


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Replaces the suite's: nothing here serves pages from the test process."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with a short path that every user may enter (pytest's own is 0700)."""
    path = Path(tempfile.mkdtemp(prefix="le-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def run_as() -> Callable[..., dict]:
    """Run Python code as another user and return the JSON that it prints."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")

    def run(code: str, *arguments: str, prefix: list[str]) -> dict:
        result = subprocess.run(
            [*prefix, sys.executable, "-c", code, *arguments],
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run
