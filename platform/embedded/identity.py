"""Which user the programs run as.

As an ordinary user nothing is to be done. Root starts the platform and watches over it; everything
else runs as a user of Loupe's own (embedded/own_user.py), which PostgreSQL demands and the rest is
safer for. We try, in this order, and take the first that really runs the program on the folder:

1. drop to another user;
2. drop to another user that keeps CAP_DAC_OVERRIDE: for a repository or a data folder inside a
   folder which other users may not enter (`/root`), because we never change the permissions of a
   folder we did not make;
3. a user namespace in which root has another number: where no other user exists to drop to
   (bubblewrap, `unshare -r`).
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import EmbeddedError
from embedded.own_user import unprivileged_user

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

    def launcher(
        self,
        *,
        parent_death_signal: int = 0,
        keep_environment: bool = False,
        keep_bind: bool = False,
    ) -> list[str]:
        """Return the words to put before a command to run it as this user.

        With `parent_death_signal` the command gets that signal when the *thread* that started it
        ends, so start it from a thread that lives as long as the command should. Another user gets
        our environment, with our secrets, only with `keep_environment`, and may listen at a port
        below 1024 only with `keep_bind`.
        """
        words = [sys.executable, "-I", "-S", str(LAUNCHER)]
        if parent_death_signal:
            words += ["--parent-death-signal", str(parent_death_signal)]
        if self.uid is not None:
            words += ["--uid", str(self.uid), "--gid", str(self.gid)]
        if self.keep_dac:
            words.append("--keep-dac")
        if keep_bind and self.uid is not None and not self.namespace:
            words.append("--keep-bind")
        if keep_environment:
            words.append("--keep-environment")
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


def service_identity(folder: Path, *, readable: Path) -> Identity:
    """Return whom the web server, the workers and Redis run as; as root, give them `folder`.

    `readable` is a file of Loupe that they must be able to read. Where root can become no other
    user (root of a user namespace, whom the kernel takes for an ordinary user), they run as we do.
    """
    if os.geteuid() != 0:
        return Identity()
    for identity in _candidates():
        if identity.namespace:
            continue
        try:
            give_to(folder, identity)
            _try(identity, folder, Path(sys.executable), readable)
        except OSError:
            continue
        return identity
    give_to(folder, Identity())
    return Identity()


def give_to(folder: Path, identity: Identity) -> None:
    """Change the owner of `folder` and all in it, where it is another."""
    uid, gid = identity.owner
    if folder.stat().st_uid == uid:
        return
    for path in folder.rglob("*"):
        os.chown(path, uid, gid, follow_symlinks=False)
    # The folder itself last: its owner says whether the work was finished.
    os.chown(folder, uid, gid)


def passage_gid() -> int | None:
    """Return the group that must get through our folders to PostgreSQL's, None if that is us."""
    return unprivileged_user().pw_gid if os.geteuid() == 0 else None


def _candidates(folder: Path | None = None) -> Iterator[Identity]:
    user = unprivileged_user(folder)
    yield Identity(user.pw_uid, user.pw_gid)
    yield Identity(user.pw_uid, user.pw_gid, keep_dac=True)
    yield Identity(user.pw_uid, user.pw_gid, namespace=True)


def _try(identity: Identity, folder: Path, program: Path, readable: Path = Path("/bin/sh")) -> None:
    """Run `program --version` in `folder` as `identity`.

    Raises OSError if it cannot write there, or cannot read the file `readable`.
    """
    script = 'cd "$0" && test -r . && test -w . && test -r "$2" && exec "$1" --version'
    result = subprocess.run(
        [*identity.launcher(), "/bin/sh", "-c", script, str(folder), str(program), str(readable)],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=30,
        start_new_session=True,
    )
    if result.returncode != 0:
        raise OSError(result.stderr.strip() or f"exit status {result.returncode}")
