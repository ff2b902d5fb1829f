"""The Python client as a file that this Loupe serves: the one that fits it."""

import re
from functools import cache

from django.conf import settings

# Beside it lies a copy whose name holds a hash, which pip would not take.
_NAME = re.compile(r"loupe-[0-9.]+-py3-none-any\.whl")


@cache
def client_wheel() -> str | None:
    """Return the address of the client's wheel on this server, None where none was built."""
    folder = settings.STATIC_ROOT / "client"
    found = [path for path in folder.glob("loupe-*.whl") if _NAME.fullmatch(path.name)]
    if not found:
        return None
    # Collecting static files leaves those of before.
    newest = max(found, key=lambda path: path.stat().st_mtime_ns)
    return f"{settings.STATIC_URL}client/{newest.name}"
