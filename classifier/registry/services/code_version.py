"""Which code made a model: part of its lineage."""

import subprocess
from functools import cache

from django.conf import settings

from common.version import loupe_version


@cache
def code_version() -> str:
    """Return what `git describe` says of this checkout, or the package's version without git.

    A mark `-dirty` says that the files were changed after the commit.
    """
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--tags", "--dirty"],
            cwd=settings.REPOSITORY_DIR,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
        return answer.stdout.strip()[:80]
    except (OSError, subprocess.SubprocessError):
        return loupe_version()
