"""The data folder: where what is, its lock, and the secrets it keeps.

- `postgres/`, `redis/`, `redis-images/` (its configuration; it keeps nothing), `logs/`, and `run/`,
  which holds the sockets
- `media/`, `scratch/`, `static/`, `beat/`, `home/`: what the web server and the workers write. When
  root starts Loupe these belong to its own user, and nothing that root reads or writes lies in them
- `embedded.env` (0600): DATABASE_URL, the URLs of Redis and SECRET_KEY for `manage.py` by hand
- `demo.env` (0600): the login of `make demo`
- `lock`: held while a `make run` lives; says where it serves
"""

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import AlreadyRunning, EmbeddedError
from embedded.folders import make_private, socket_folder, write_secret
from embedded.identity import Identity, give_to, passage_gid, service_identity
from embedded.options import REPOSITORY

FOR_SERVICES = ("media", "scratch", "static", "beat", "home")
LONGEST_IN_RUN = "pg/.s.PGSQL.5432.lock"


@dataclass(frozen=True)
class DataFolder:
    """One data folder; everything in it that others need to find."""

    root: Path

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.root / "postgres"

    @property
    def redis(self) -> Path:
        """Redis's data."""
        return self.root / "redis"

    @property
    def redis_images(self) -> Path:
        """The configuration of the Redis that images of predictions pass through."""
        return self.root / "redis-images"

    @property
    def logs(self) -> Path:
        """A log for each program, rotated."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """The sockets, in a folder with a short path."""
        return socket_folder(self.root / "run", LONGEST_IN_RUN, gid=passage_gid())

    @property
    def beat_schedule(self) -> Path:
        """What the clock remembers of its last rounds."""
        return self.root / "beat" / "schedule"

    @property
    def home(self) -> Path:
        """The home folder of Loupe's own user, for caches."""
        return self.root / "home"

    @property
    def run_id(self) -> Path:
        """The value of LOUPE_RUN that all processes of the last run carry."""
        return self.root / "run-id"

    def make(self) -> None:
        """Make the folder and its parts, where they are missing."""
        make_private(self.root, gid=passage_gid())
        make_private(self.logs)
        try:
            write_secret(self.root / ".writable", "")
        except OSError as error:
            raise EmbeddedError(
                f"The data folder {self.root} cannot be written to ({error.strerror}). "
                "Set LOUPE_DATA_DIR to a folder that you may write in."
            ) from None
        (self.root / ".writable").unlink()
        for name in FOR_SERVICES:
            make_private(self.root / name)

    def give_to_services(self) -> Identity:
        """Return whom the programs run as, and let what they write belong to them."""
        identity = service_identity(self.root / "media", readable=REPOSITORY / "manage.py")
        for name in FOR_SERVICES:
            give_to(self.root / name, identity)
        return identity

    @contextmanager
    def locked(self, url: str) -> Iterator[None]:
        """Hold the folder for one run that will serve at `url`.

        Raises:
            AlreadyRunning: another run holds it; the message says where it serves.
        """
        with (self.root / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise AlreadyRunning(
                    f"Loupe already runs on the data folder {self.root}: {file.read().strip()} "
                    "Stop it first, or set LOUPE_DATA_DIR (and LOUPE_PORT) for a second one."
                ) from None
            file.truncate(0)
            file.write(f"look at {url}.\n")
            file.flush()
            yield

    def secret_key(self) -> str:
        """Return the secret key kept here, made on the first call."""
        known = read_env(self.root / "embedded.env").get("SECRET_KEY")
        if known is None:
            known = secrets.token_urlsafe(50)
            write_env(self.root / "embedded.env", {"SECRET_KEY": known})
        return known

    def demo_login(self) -> dict[str, str]:
        """Return LOUPE_ADMIN_USERNAME and LOUPE_ADMIN_PASSWORD of the demo, kept in `demo.env`."""
        path = self.root / "demo.env"
        login = read_env(path)
        if not login:
            login = {
                "LOUPE_ADMIN_USERNAME": "demo",
                "LOUPE_ADMIN_PASSWORD": secrets.token_urlsafe(12),
            }
            write_env(path, login)
        return login


def read_env(path: Path) -> dict[str, str]:
    """Return the variables of a file with `NAME=value` lines, none if it does not exist."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def write_env(path: Path, variables: dict[str, str]) -> None:
    """Write `NAME=value` lines that only we can read."""
    write_secret(path, "".join(f"{name}={value}\n" for name, value in variables.items()))
