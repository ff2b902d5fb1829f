"""PostgreSQL 18 on a unix socket, with its data in one folder.

    with PostgresServer(Path("/tmp/somewhere")) as server:
        psycopg2.connect(server.url)

The folder holds `cluster/` (PGDATA), `password` and `owner-password` (0600), and the log of a
server started from here. Only the socket listens, scram-sha-256 guards every connection, no one can
log in as the superuser, and of Loupe's two roles (embedded/roles.py) the one that serves owns
nothing.
"""

import os
import secrets
import shutil
import signal
import subprocess
import zlib
from pathlib import Path

import psycopg2

from embedded.binaries import postgres_binary
from embedded.errors import EmbeddedError
from embedded.folders import make_private, socket_folder, write_secret
from embedded.identity import Identity, choose_identity, give_to, passage_gid
from embedded.postgres_settings import CONFIG, HBA
from embedded.processes import command_lines, is_alive, wait_until
from embedded.roles import DATABASE, OWNER, SERVING, create_roles, separate_roles
from embedded.server import Server
from embedded.urls import postgres_url

SOCKET_NAME = ".s.PGSQL.5432"


class PostgresServer(Server):
    """One PostgreSQL server and its data.

    Args:
        data_dir: the server's folder, made if it is missing.
        socket_dir: a private folder in which the folder of the socket is made; default: `run/` in
            `data_dir`. Too long a path becomes a link to a short folder elsewhere.
        durable: whether a commit survives a power cut. Tests turn it off to start faster.
    """

    title = "PostgreSQL"
    log_name = "postgres.log"
    # Ends the sessions too ("fast shutdown").
    stop_signal = signal.SIGINT

    def __init__(
        self, data_dir: Path, *, socket_dir: Path | None = None, durable: bool = True
    ) -> None:
        super().__init__(data_dir)
        self.durable = durable
        self._socket_base = socket_dir or self.data_dir / "run"
        self._identity: Identity | None = None

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.data_dir / "cluster"

    @property
    def socket_dir(self) -> Path:
        """The folder of the socket; it and its parents are made if they are missing."""
        base = socket_folder(self._socket_base, f"pg/{SOCKET_NAME}.lock", gid=passage_gid())
        return make_private(base / "pg")

    @property
    def url(self) -> str:
        """The URL for the role that serves, with its password; known once `prepare` is through."""
        return self._url(SERVING, "password")

    @property
    def owner_url(self) -> str:
        """The URL for the role that owns the tables, for migrations."""
        return self._url(OWNER, "owner-password")

    @property
    def pid(self) -> int | None:
        """The number of the running server (the postmaster), None when there is none."""
        if self._process is not None and self._process.poll() is None:
            return self._process.pid
        named = self._pid_in_file()
        return named if named in self._pids() else None

    def command(self, *, parent_death_signal: int = 0) -> list[str]:
        """Return the command that runs the server in the foreground; prepare it first."""
        identity = self._identity or self.prepare()
        return [
            *identity.launcher(parent_death_signal=parent_death_signal),
            str(postgres_binary("postgres")),
            "-D",
            str(self.cluster),
        ]

    def prepare(self) -> Identity:
        """Make the data on the first call, write the configuration, clear what a crash left.

        Returns whom the server runs as.
        """
        make_private(self.data_dir, gid=passage_gid())
        folder = self.cluster if self.cluster.exists() else self._fresh_cluster()
        self._identity = choose_identity(folder, postgres_binary("postgres"))
        give_to(self.socket_dir, self._identity)
        if folder != self.cluster:
            self._initialize(folder, self._identity)
        if self.pid is None:
            self._clear_rests_of_a_crash()
            self._configure(self.cluster, self._identity)
            if not (self.data_dir / "owner-password").exists():
                self._separate_roles(self._identity)
        return self._identity

    def answers(self) -> bool:
        """Say whether the server accepts connections of Loupe's role."""
        try:
            psycopg2.connect(self.url, connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _fresh_cluster(self) -> Path:
        """Return an empty folder to make the cluster in, without the rests of a broken attempt."""
        folder = self.data_dir / "cluster.new"
        shutil.rmtree(folder, ignore_errors=True)
        return make_private(folder)

    def _initialize(self, folder: Path, identity: Identity) -> None:
        """Make the data in `folder`; only when all is there does it become `cluster`."""
        passwords = {name: secrets.token_urlsafe(24) for name in ("password", "owner-password")}
        for name, password in passwords.items():
            write_secret(self.data_dir / name, password)
        # The superuser gets no password, so that no client can log in as it.
        initdb = [
            *(str(postgres_binary("initdb")), "-D", str(folder), "-U", "postgres"),
            *("--auth=reject", "--encoding=UTF8", "--locale=C", "--no-instructions"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        ]
        self._run(identity, initdb if self.durable else [*initdb, "--no-sync"])
        self._configure(folder, identity)
        sql = create_roles(
            owner_password=passwords["owner-password"], serving_password=passwords["password"]
        )
        self._run_sql(identity, folder, "postgres", sql)
        folder.rename(self.cluster)

    def _separate_roles(self, identity: Identity) -> None:
        """Take the tables from the role that serves: once, for a cluster older than that."""
        password = secrets.token_urlsafe(24)
        sql = separate_roles(owner_password=password)
        self._run_sql(identity, self.cluster, DATABASE, sql)
        write_secret(self.data_dir / "owner-password", password)

    def _run_sql(self, identity: Identity, folder: Path, database: str, sql: str) -> None:
        """Run statements, one a line, as the superuser while no server runs."""
        single = [str(postgres_binary("postgres")), "--single", "-D", str(folder)]
        self._run(identity, [*single, "-c", "exit_on_error=true", database], stdin=sql)

    def _url(self, role: str, password_file: str) -> str:
        return postgres_url(
            user=role,
            password=(self.data_dir / password_file).read_text(),
            database=DATABASE,
            socket_dir=self.socket_dir,
        )

    def _configure(self, folder: Path, identity: Identity) -> None:
        """Write our configuration, which replaces all that initdb guessed."""
        settings = CONFIG.format(
            name=self._name,
            socket_dir=str(self.socket_dir).replace("'", "''"),
            durable="on" if self.durable else "off",
        )
        for name, text in (("postgresql.conf", settings), ("pg_hba.conf", HBA)):
            write_secret(folder / name, text)
            os.chown(folder / name, *identity.owner)

    def _clear_rests_of_a_crash(self) -> None:
        """End sessions that outlived their server; drop lock files whose number a stranger has.

        A lock file that names a dead process is left to PostgreSQL, which knows better; but in a
        container the numbers start again, and it would take any process of its user for itself.
        """
        if not wait_until(lambda: not any(map(is_alive, self._pids())), 5):
            self.kill()
        stranger = self._pid_in_file()
        if stranger is not None and is_alive(stranger):
            (self.cluster / "postmaster.pid").unlink()
            (self.socket_dir / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)

    def _pids(self) -> list[int]:
        """Return the server and its sessions, also those whose server was killed."""
        server = f"\0-D\0{self.cluster}\0".encode()
        session = f"postgres: {self._name}: ".encode()
        return [
            pid
            for pid, line in command_lines("postgres").items()
            if server in line or line.startswith(session)
        ]

    @property
    def _name(self) -> str:
        """What the sessions call themselves: one name for each data folder."""
        return f"loupe-{zlib.crc32(os.fsencode(self.cluster)):08x}"

    def _pid_in_file(self) -> int | None:
        try:
            return int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _run(self, identity: Identity, command: list[str], stdin: str = "") -> None:
        result = subprocess.run(
            [*identity.launcher(), *command],
            input=stdin,
            cwd="/",
            env=os.environ | {"LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=300,
            start_new_session=True,
        )
        if result.returncode != 0:
            raise EmbeddedError(
                f"PostgreSQL's data cannot be made in {self.data_dir}: {result.stderr.strip()}"
            )
