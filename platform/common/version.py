"""Which Loupe this is."""

import tomllib
from functools import cache

from django.conf import settings


@cache
def loupe_version() -> str:
    """Return the version of the release, such as "0.2.0", as `pyproject.toml` has it."""
    text = (settings.REPOSITORY_DIR / "pyproject.toml").read_text()
    return str(tomllib.loads(text)["project"]["version"])
