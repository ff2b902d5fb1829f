"""Private folders, and folders for sockets short enough for the kernel."""

import os
import secrets
import stat
import tempfile
from pathlib import Path

from embedded.errors import EmbeddedError

MAX_SOCKET_PATH = 107
"""Bytes in the path of a unix socket (`sun_path` is 108 bytes with its end)."""


def make_private(folder: Path, *, gid: int | None = None) -> Path:
    """Make `folder` (and its missing parents) for us alone; leave it as it is when it exists.

    With `gid`, members of that group may pass through it to what lies inside (0710, not 0700),
    which PostgreSQL needs when root starts it as another user.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise EmbeddedError(f"{folder} is in the way: it is not a folder.") from None
        if _made_for_another_group(folder):
            _let_pass(folder, gid)
        return folder
    except PermissionError:
        raise EmbeddedError(
            f"{folder} cannot be made: permission denied. Set LOUPE_DATA_DIR to a folder "
            "that you may write in."
        ) from None
    _let_pass(folder, gid)
    return folder


def socket_folder(preferred: Path, longest_name: str, *, gid: int | None = None) -> Path:
    """Return a private folder in which a socket called `longest_name` fits into 107 bytes.

    That is `preferred` where it fits; else a short folder under XDG_RUNTIME_DIR or /tmp, recorded
    by making `preferred` a symbolic link to it, and found there again the next time.
    """
    preferred = preferred.absolute()
    if len(os.fsencode(preferred / longest_name)) <= MAX_SOCKET_PATH:
        return make_private(preferred, gid=gid)
    if preferred.is_symlink() and _is_ours(preferred.readlink()):
        return make_private(preferred.readlink(), gid=gid)
    preferred.unlink(missing_ok=True)
    make_private(preferred.parent, gid=gid)
    short = _short_folder(longest_name, gid)
    preferred.symlink_to(short)
    return short


def write_secret(path: Path, text: str) -> None:
    """Replace the file at once by one that only we can read."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def log_tail(path: Path, lines: int = 15) -> str:
    """Return the end of a log for an error message, empty if there is none."""
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return ""
    return f"\nThe end of {path}:\n" + "\n".join(text.splitlines()[-lines:])


def _let_pass(folder: Path, gid: int | None) -> None:
    if gid is None:
        return
    try:
        os.chown(folder, -1, gid)
    except OSError:
        # This user namespace has no such group, so no process there needs to pass.
        return
    folder.chmod(0o710)


def _made_for_another_group(folder: Path) -> bool:
    """Say whether root made this folder with a way through, when another user was to pass."""
    status = folder.stat()
    return os.geteuid() == 0 == status.st_uid and stat.S_IMODE(status.st_mode) == 0o710


def _is_ours(folder: Path) -> bool:
    """Say whether a folder in a place that everyone can write to is still the one we made."""
    try:
        status = os.lstat(folder)
    except OSError:
        return False
    mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return mine and not status.st_mode & 0o067


def _short_folder(longest_name: str, gid: int | None) -> Path:
    for base in (os.environ.get("XDG_RUNTIME_DIR"), "/tmp"):  # noqa: S108
        if not base or not os.access(base, os.W_OK | os.X_OK):
            continue
        if len(os.fsencode(f"{base}/loupe-12345678/{longest_name}")) > MAX_SOCKET_PATH:
            continue
        folder = Path(tempfile.mkdtemp(prefix="loupe-", dir=base))
        _let_pass(folder, gid)
        return folder
    raise EmbeddedError(
        "No folder with a short enough path for sockets can be written to: /tmp is not writable. "
        "Set LOUPE_DATA_DIR to a shorter path."
    )
