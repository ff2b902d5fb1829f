"""Which user PostgreSQL runs as.

PostgreSQL refuses to run as root. As an ordinary user nothing is to be done. As root we try, in
this order, and take the first that really runs the program on the folder:

1. drop to another user;
2. drop to another user that keeps CAP_DAC_OVERRIDE: for a repository or a data folder inside a
   folder which other users may not enter (`/root`), because we never change the permissions of a
   folder we did not make;
3. a user namespace in which root has another number: where no other user exists to drop to
   (bubblewrap, `unshare -r`).
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import EmbeddedError

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Identity:
    """A user to run a program as; without a `uid`, the one we are."""

    uid: int | None = None
    gid: int | None = None
    keep_dac: bool = False
    namespace: bool = False

    @property
    def owner(self) -> tuple[int, int]:
        """The (uid, gid), as we see them, that the program's files must belong to."""
        if self.uid is None or self.gid is None or self.namespace:
            return os.geteuid(), os.getegid()
        return self.uid, self.gid

    def launcher(self, *, parent_death_signal: int = 0) -> list[str]:
        """Return the words to put before a command to run it as this user.

        With `parent_death_signal` the command gets that signal when the *thread* that started it
        ends, so start it from a thread that lives as long as the command should.
        """
        words = [sys.executable, "-I", "-S", str(LAUNCHER)]
        if parent_death_signal:
            words += ["--parent-death-signal", str(parent_death_signal)]
        if self.uid is not None:
            words += ["--uid", str(self.uid), "--gid", str(self.gid)]
        if self.keep_dac:
            words.append("--keep-dac")
        if self.namespace:
            words.append("--namespace")
        return [*words, "--"]


def choose_identity(folder: Path, program: Path) -> Identity:
    """Return the first identity that can run `program` and write in `folder`, and own `folder`.

    As root, `folder` and all it contains are given to that identity.

    Raises:
        EmbeddedError: no way to run `program` without being root works here.
    """
    if os.geteuid() != 0:
        return Identity()
    failures = []
    for identity in _candidates(folder):
        try:
            give_to(folder, identity)
            _try(identity, folder, program)
        except OSError as error:
            failures.append(str(error))
        else:
            return identity
    raise EmbeddedError(
        "PostgreSQL refuses to run as root, and this machine lets root neither become another user "
        "nor open a user namespace. Run Loupe as an ordinary user, or set DATABASE_URL to a "
        f"PostgreSQL server of your own. ({'; '.join(failures)})"
    )


def give_to(folder: Path, identity: Identity) -> None:
    """Change the owner of `folder` and all in it, where it is another."""
    uid, gid = identity.owner
    if folder.stat().st_uid == uid:
        return
    for path in folder.rglob("*"):
        os.chown(path, uid, gid, follow_symlinks=False)
    # The folder itself last: its owner says whether the work was finished.
    os.chown(folder, uid, gid)


def unprivileged_user(folder: Path | None = None) -> pwd.struct_passwd:
    """Return whom to drop to: the owner of `folder` if that is not root, else nobody.

    `initdb` looks the user up, so it must be one that the system knows by name.
    """
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


def passage_gid() -> int | None:
    """Return the group that must get through our folders to PostgreSQL's, None if that is us."""
    return unprivileged_user().pw_gid if os.geteuid() == 0 else None


def _candidates(folder: Path) -> Iterator[Identity]:
    user = unprivileged_user(folder)
    yield Identity(user.pw_uid, user.pw_gid)
    yield Identity(user.pw_uid, user.pw_gid, keep_dac=True)
    yield Identity(user.pw_uid, user.pw_gid, namespace=True)


def _try(identity: Identity, folder: Path, program: Path) -> None:
    """Run `program --version` in `folder` as `identity`; raise OSError if it cannot write there."""
    script = 'cd "$0" && test -r . && test -w . && exec "$1" --version'
    result = subprocess.run(
        [*identity.launcher(), "/bin/sh", "-c", script, str(folder), str(program)],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=30,
        start_new_session=True,
    )
    if result.returncode != 0:
        raise OSError(result.stderr.strip() or f"exit status {result.returncode}")
