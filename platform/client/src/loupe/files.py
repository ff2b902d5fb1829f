"""What this package keeps on this machine: sign-ins, and where unfinished uploads stand.

    ~/.config/loupe/credentials.json   tokens by address; mode 0600, refused when others may read it
    ~/.cache/loupe/                    ids of unfinished uploads, archives on their way

XDG_CONFIG_HOME and XDG_CACHE_HOME move them.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from loupe.errors import NotSignedIn

CREDENTIALS = "credentials.json"


def config_folder() -> Path:
    """Return the folder of what is kept until it is removed."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "loupe"


def cache_folder() -> Path:
    """Return the folder of what may go at any time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "loupe"


def read_json(path: Path) -> dict[str, Any]:
    """Return a file's object; an empty one where there is no such file or it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write an object so that only its owner may read it, and never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    # The mode is there from the first byte on.
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(values, file, indent=1)
    part.replace(path)


class SignIns:
    """The addresses that a person has signed in at from this machine, the last one by default."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or config_folder() / CREDENTIALS

    def addresses(self) -> list[str]:
        """Return all addresses."""
        return list(self._read().get("servers", {}))

    def last(self) -> str | None:
        """Return the address of the last sign-in."""
        found = self._read().get("last")
        return found if isinstance(found, str) else None

    def of(self, url: str) -> dict[str, Any]:
        """Return {token, id, username} of an address; empty where there is no sign-in."""
        found = self._read().get("servers", {}).get(url, {})
        return dict(found)

    def keep(self, url: str, sign_in: dict[str, Any]) -> None:
        """Keep a sign-in, in place of an earlier one at this address."""
        kept = self._read()
        servers = {**kept.get("servers", {}), url: sign_in}
        write_json(self._path, {"last": url, "servers": servers})

    def forget(self, url: str) -> None:
        """Forget the sign-in at an address."""
        servers = self._read().get("servers", {})
        servers.pop(url, None)
        write_json(self._path, {"last": next(iter(servers), None), "servers": servers})

    def _read(self) -> dict[str, Any]:
        if os.name == "posix" and self._path.is_file() and self._path.stat().st_mode & 0o077:
            raise NotSignedIn(
                f"Other people may read {self._path}, which holds tokens. Make new ones: "
                f"`chmod 600 {self._path}`, then `loupe login`."
            )
        return read_json(self._path)


class UnfinishedUploads:
    """The server's ids of uploads that were begun from here, by what they upload.

    Where nothing can be written an upload goes all the same; it only begins again after an end of
    the program.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or cache_folder()) / "uploads.json"

    def id_of(self, key: str) -> str | None:
        """Return the id of the upload that was begun, if one was."""
        found = read_json(self._path).get(key)
        return found if isinstance(found, str) else None

    def keep(self, key: str, upload: str) -> None:
        """Remember an upload."""
        with suppress(OSError):
            write_json(self._path, {**read_json(self._path), key: upload})

    def forget(self, key: str) -> None:
        """Forget an upload that is finished or gone."""
        with suppress(OSError):
            kept = read_json(self._path)
            if kept.pop(key, None) is not None:
                write_json(self._path, kept)
