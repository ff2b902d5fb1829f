"""The whole platform in the foreground: what `make run` and `make demo` do."""

import os
import secrets
import shlex
import signal
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from embedded import programs
from embedded.commands import run_command
from embedded.data_folder import DataFolder, write_env
from embedded.errors import EmbeddedError
from embedded.folders import log_tail, write_secret
from embedded.identity import Identity
from embedded.options import REPOSITORY, Options
from embedded.orphans import RUN_VARIABLE, end_orphans
from embedded.own_user import make_own_user
from embedded.postgres import PostgresServer
from embedded.preflight import require_free_port, require_secret_key, warnings_of
from embedded.redis import RedisServer
from embedded.server import Server
from embedded.static_files import fingerprint
from embedded.stop_signal import StopRequested, StopSignal
from embedded.supervision import Supervision

# Eight requests of the largest kind wait; more are told to come again.
IMAGES_BYTES = 512 << 20


def run(options: Options, stop: StopSignal, *, then: str | None = None, once: bool = False) -> int:
    """Serve until a signal comes; return the exit status.

    Args:
        options: what the environment says.
        stop: the wish to stop; checked between all steps.
        then: a command to run when the platform is ready, with LOUPE_URL, LOUPE_ADMIN_USERNAME and
            LOUPE_ADMIN_PASSWORD in its environment.
        once: stop when `then` has ended, with its exit status.

    Raises:
        EmbeddedError: the platform cannot start, or broke down.
    """
    require_secret_key(options)
    # Whatever is made from here on is for its own user.
    os.umask(0o077)
    if done := make_own_user():
        print(done, flush=True)
    folder = DataFolder(options.data_dir)
    folder.make()
    with folder.locked(options.public_url or options.url):
        identity = folder.give_to_services()
        end_orphans(folder, identity)
        require_free_port(options)
        platform = _Platform(options, folder, stop, identity, for_demo=then is not None)
        try:
            platform.start()
            if then is not None:
                status = platform.run_client(then)
                if once or status != 0:
                    return status
            platform.serve()
        except StopRequested:
            # The client of `--once` was cut off, and its caller must know.
            return 128 + signal.SIGINT if once else 0
        finally:
            platform.stop()
    return 0


class _Platform:
    """One run: the servers, the web server, the workers, and their environment."""

    def __init__(
        self,
        options: Options,
        folder: DataFolder,
        stop: StopSignal,
        identity: Identity,
        *,
        for_demo: bool,
    ) -> None:
        self._options = options
        self._folder = folder
        self._stop = stop
        self._postgres = PostgresServer(folder.postgres, socket_dir=folder.run)
        self._identity = identity
        self._redis = RedisServer(folder.redis, socket_dir=folder.run, identity=identity)
        self._images_redis = RedisServer(
            folder.redis_images,
            socket_dir=folder.run,
            name="images",
            durable=False,
            max_bytes=IMAGES_BYTES,
            identity=identity,
        )
        self._supervision = Supervision(folder, stop)
        self._login = self._admin_login(for_demo)

    def start(self) -> None:
        """Start everything in order; return when the web server answers."""
        started = time.monotonic()
        self._start_servers()
        self._say("Preparing the database and the static files")
        self._migrate()
        self._collect_static_files()
        # Before anyone can sign up under the administrator's name.
        self._manage("ensure_admin")
        self._say("Starting the web server and the workers")
        self._supervision.start_group("web")
        self._wait("the web server", self._web_is_ready, "web")
        self._supervision.start_group("workers")
        address = self._options.public_url or self._options.url
        for warning in warnings_of(self._options):
            print(warning, flush=True)
        print(f"Loupe is ready at {address} ({time.monotonic() - started:.1f} s)", flush=True)
        print(f"Data and logs: {self._folder.root}. Press Ctrl-C to stop.", flush=True)

    def serve(self) -> None:
        """Watch over supervisord until a signal comes; say which program it has given up.

        Raises:
            StopRequested: a signal came.
            EmbeddedError: supervisord ended by itself.
        """
        told: set[str] = set()
        while True:
            self._stop.wait_for(lambda: not self._supervision.is_running, 5, every=0.2)
            for name, failure in self._supervision.failures().items():
                if name not in told:
                    print(failure, file=sys.stderr, flush=True)
                    told.add(name)

    def run_client(self, command: str) -> int:
        """Run the command as a client of the platform and return its exit status."""
        return self._run(shlex.split(command), {"LOUPE_URL": self._options.url} | self._login)

    def stop(self) -> None:
        """End every process of this run, in reverse order."""
        if self._supervision.is_running:
            self._say("Stopping; a training may take a minute to write its checkpoint")
        self._supervision.stop()
        end_orphans(self._folder, self._identity)
        print("Loupe has stopped.", flush=True)

    def _start_servers(self) -> None:
        servers = self._embedded_servers()
        database_programs = []
        for name, server in servers.items():
            server.prepare()
            command = server.command(parent_death_signal=server.stop_signal)
            stop_signal = server.stop_signal.name.removeprefix("SIG")
            database_programs.append(programs.server(name, command, stop_signal=stop_signal))
        self._stop.check()
        self._environment = self._write_environment()
        if servers:
            self._say("Starting PostgreSQL and Redis")
        web_and_workers = [
            programs.web(self._options, self._identity),
            *programs.workers(self._options, self._folder, self._identity),
        ]
        self._supervision.start([*database_programs, *web_and_workers], self._environment)
        for name in servers:
            self._supervision.start_group(name)
        for name, server in servers.items():
            self._wait(server.title, server.answers, name)

    def _embedded_servers(self) -> dict[str, Server]:
        """Return the servers that come with this run, by the names of their programs."""
        servers: dict[str, Server] = {}
        if self._options.database_url is None:
            servers["postgres"] = self._postgres
        if self._options.redis_url is None:
            servers["redis"] = self._redis
        if self._options.embeds_images_redis:
            servers["redis-images"] = self._images_redis
        return servers

    def _write_environment(self) -> dict[str, str]:
        """Return the environment of all programs; write what `manage.py` by hand needs of it."""
        kept = {"SECRET_KEY": self._folder.secret_key()}
        if self._options.database_url is None:
            kept["DATABASE_URL"] = self._postgres.url
        if self._options.redis_url is None:
            kept["REDIS_URL"] = self._redis.url
        if self._options.embeds_images_redis:
            kept["LOUPE_IMAGES_REDIS_URL"] = self._images_redis.url
        write_env(self._folder.root / "embedded.env", kept)
        if self._options.secret_key is not None:
            kept["SECRET_KEY"] = self._options.secret_key
        mark = secrets.token_hex(16)
        write_secret(self._folder.run_id, mark)
        hidden = ("LOUPE_ADMIN_", "DATABASE_OWNER_URL")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
        ours = {
            RUN_VARIABLE: mark,
            "LOUPE_DATA_DIR": str(self._folder.root),
            "PYTHONUNBUFFERED": "1",
        }
        if self._identity.uid is not None:
            # Caches go where its user may write, and not to what root has.
            environment = {k: v for k, v in environment.items() if not k.startswith("XDG_")}
            ours["HOME"] = str(self._folder.home)
        return environment | kept | ours

    def _admin_login(self, for_demo: bool) -> dict[str, str]:
        """Return the LOUPE_ADMIN_ variables: the person's own, or those of the demo's account.

        The administrator's generated password is shown once and kept nowhere, so the demo has an
        account of its own.
        """
        names = ("LOUPE_ADMIN_USERNAME", "LOUPE_ADMIN_PASSWORD")
        given = {name: os.environ[name] for name in names if os.environ.get(name)}
        if for_demo and "LOUPE_ADMIN_PASSWORD" not in given:
            return self._folder.demo_login() | given
        return {"LOUPE_ADMIN_USERNAME": "admin"} | given

    def _migrate(self) -> None:
        """Bring the tables up to date as the role that owns them, where that is another."""
        owner = self._options.database_owner_url
        if self._options.database_url is None:
            owner = self._postgres.owner_url
        as_owner = {}
        if owner is not None:
            serving = urlsplit(self._environment["DATABASE_URL"]).username or ""
            as_owner = {"DATABASE_URL": owner, "LOUPE_SERVING_ROLE": unquote(serving)}
        self._manage("migrate", "--noinput", log="migrate", **as_owner)
        if os.environ.get("LOUPE_AUDIT_KEEP_DAYS", "0") != "0":
            self._manage("prune_audit", log="prune_audit", **as_owner)

    def _collect_static_files(self) -> None:
        """Collect them unless nothing changed since the last time."""
        folder = self._environment.get("LOUPE_STATIC_DIR") or self._folder.root / "static"
        stamp = Path(folder) / ".collected"
        now = fingerprint()
        if stamp.is_file() and stamp.read_text() == now:
            return
        self._manage("collectstatic", "--noinput", "--verbosity", "0", log="collectstatic")
        # Not through a link that a program might have laid in its folder.
        write_secret(stamp, now)

    def _manage(self, *arguments: str, log: str | None = None, **environment: str) -> None:
        """Run a command of manage.py; with `log`, its output goes to that log and not to people."""
        launcher = self._identity.launcher(keep_environment=True)
        command = [*launcher, sys.executable, str(REPOSITORY / "manage.py"), *arguments]
        path = self._folder.logs / f"{log}.log" if log else None
        if self._run(command, self._login | environment, output=path) != 0:
            raise EmbeddedError(
                f"manage.py {arguments[0]} failed.{log_tail(path, 30) if path else ''}"
            )

    def _run(
        self, command: list[str], environment: dict[str, str], *, output: Path | None = None
    ) -> int:
        return run_command(command, self._environment | environment, self._stop, output=output)

    def _wait(self, what: str, condition: Callable[[], bool], log: str) -> None:
        deadline = time.monotonic() + 120
        while not self._stop.wait_for(condition, 1):
            for failure in self._supervision.failures().values():
                raise EmbeddedError(failure)
            if time.monotonic() > deadline:
                tail = log_tail(self._folder.logs / f"{log}.log")
                raise EmbeddedError(f"{what} gave no answer for 120 s.{tail}")

    def _web_is_ready(self) -> bool:
        url = f"{self._options.url}/healthz/ready"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False

    def _say(self, sentence: str) -> None:
        print(f"{sentence} …", flush=True)
