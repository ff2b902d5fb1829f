"""Redis 6.2 on a unix socket, with its append-only file in one folder, or without any file.

    with RedisServer(Path("/tmp/somewhere")) as server:
        redis.Redis.from_url(server.url)

No TCP port; the socket is 0600 in a 0700 folder. Nothing is ever evicted: Celery's queues are here.
"""

import os
import signal
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from embedded.binaries import redis_binary
from embedded.folders import make_private, socket_folder, write_secret
from embedded.identity import Identity, give_to, passage_gid
from embedded.processes import command_lines, is_alive
from embedded.server import Server
from embedded.urls import redis_url

SOCKET_NAME = "redis.sock"

CONFIG = """\
# embedded/redis.py writes this file at each start.
port 0
unixsocket {socket}
unixsocketperm 600
dir {folder}
daemonize no
logfile ""
appendonly {durable}
appendfsync everysec
save ""
maxmemory {max_bytes}
maxmemory-policy noeviction
"""


class RedisServer(Server):
    """One Redis server and its data.

    Args:
        data_dir: the server's folder, made if it is missing.
        socket_dir: a private folder for the socket; default: `run/` in `data_dir`. Too long a path
            becomes a link to a short folder elsewhere.
        name: the folder of the socket in `socket_dir`; each server with the same one has its own.
        durable: whether data survives the end of the server. If not, nothing is written to disk.
        max_bytes: how much it may hold; more is refused. 0: no bound.
        identity: whom it runs as.
    """

    title = "Redis"
    log_name = "redis.log"
    stop_signal = signal.SIGTERM

    def __init__(
        self,
        data_dir: Path,
        *,
        socket_dir: Path | None = None,
        name: str = "redis",
        durable: bool = True,
        max_bytes: int = 0,
        identity: Identity = Identity(),  # noqa: B008 # it cannot change
    ) -> None:
        super().__init__(data_dir)
        self.durable = durable
        self.max_bytes = max_bytes
        self._name = name
        self._socket_base = socket_dir or self.data_dir / "run"
        self._identity = identity

    @property
    def socket(self) -> Path:
        """The path of the socket; its folder is made if it is missing."""
        longest = f"{self._name}/{SOCKET_NAME}"
        base = socket_folder(self._socket_base, longest, gid=passage_gid())
        return make_private(base / self._name) / SOCKET_NAME

    @property
    def url(self) -> str:
        """The URL for redis-py."""
        return redis_url(self.socket)

    @property
    def pid(self) -> int | None:
        """The number of the running server, None when there is none."""
        # A rewrite of the append-only file is a child with the same name, never the oldest.
        return min(filter(is_alive, self._pids()), default=None)

    def command(self, *, parent_death_signal: int = 0) -> list[str]:
        """Return the command that runs the server in the foreground; prepare it first."""
        launcher = self._identity.launcher(parent_death_signal=parent_death_signal)
        return [*launcher, str(redis_binary()), str(self._config)]

    def prepare(self) -> None:
        """Make the folder and write the configuration."""
        make_private(self.data_dir)
        settings = CONFIG.format(
            socket=_quoted(self.socket),
            folder=_quoted(self.data_dir),
            durable="yes" if self.durable else "no",
            max_bytes=self.max_bytes,
        )
        give_to(self.socket.parent, self._identity)
        give_to(self.data_dir, self._identity)
        # A new file in the place of the old: no link that lies there is followed.
        write_secret(self._config, settings)
        os.chown(self._config, *self._identity.owner, follow_symlinks=False)

    @property
    def _config(self) -> Path:
        return self.data_dir / "redis.conf"

    def _pids(self) -> list[int]:
        """Return the server and its rewriting child: first it names its file, then its socket."""
        named = [os.fsencode(path) + b"\0" for path in (self._config, self.socket)]
        return [
            pid
            for pid, line in command_lines("redis-server").items()
            if any(name in line.rstrip(b"\0 ") + b"\0" for name in named)
        ]

    def answers(self) -> bool:
        """Say whether the server has loaded its data and answers."""
        try:
            with Redis(unix_socket_path=str(self.socket), socket_timeout=5) as client:
                return bool(client.ping())
        except RedisError:
            return False


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
