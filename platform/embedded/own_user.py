"""The user of Loupe's own, as whom everything but the supervisor runs when root starts it.

Not the shared `nobody`: other programs run as that one too, and could read and signal ours.
"""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from embedded.errors import EmbeddedError


def own_user_name() -> str:
    """Return its name: LOUPE_USER, or `loupe`."""
    return os.environ.get("LOUPE_USER") or "loupe"


def make_own_user() -> str | None:
    """As root, make the user where it is missing; return a sentence for people about what was done.

    Raises:
        EmbeddedError: LOUPE_USER names root, or a user that does not exist.
    """
    name = own_user_name()
    if os.geteuid() != 0 or _found(name) is not None:
        return None
    if os.environ.get("LOUPE_USER"):
        raise EmbeddedError(
            f"LOUPE_USER names {name!r}; this system has no such user besides root. "
            f"Make it: useradd --system {name}"
        )
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is not None:
        shell = ("--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
        subprocess.run(
            [useradd, "--system", "--user-group", *shell, name], capture_output=True, timeout=30
        )
    if _found(name) is not None:
        return f"Made the system user {name!r}, as whom all but the supervisor runs."
    return (
        f"The system user {name!r} cannot be made here, so Loupe runs as another one without "
        f"rights. Better: useradd --system {name}, or name a user in LOUPE_USER."
    )


def unprivileged_user(folder: Path | None = None) -> pwd.struct_passwd:
    """Return whom to drop to: Loupe's own user, else the owner of `folder`, else `nobody`.

    `initdb` looks the user up, so it must be one that the system knows by name.
    """
    own = _found(own_user_name())
    if own is not None:
        return own
    users = {user.pw_uid: user for user in reversed(pwd.getpwall()) if user.pw_uid != 0}
    if folder is not None and folder.exists() and folder.stat().st_uid in users:
        return users[folder.stat().st_uid]
    by_name = {user.pw_name: user for user in users.values()}
    try:
        return by_name.get("nobody") or next(iter(users.values()))
    except StopIteration:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root, and this system knows no other user. "
            "Add one (useradd), or set DATABASE_URL to a PostgreSQL server of your own."
        ) from None


def _found(name: str) -> pwd.struct_passwd | None:
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return None
    return user if user.pw_uid != 0 else None
