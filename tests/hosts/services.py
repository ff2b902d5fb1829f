"""What the hosts share, on a host of its own: Postgres, two Redis and a bucket, by TCP alone."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from redis import Redis, RedisError

from embedded.binaries import redis_binary
from tests.conftest import wait_until
from tests.hosts.network import Network
from tests.hosts.postgres import (
    ADDRESS,
    IMAGES_PORT,
    REDIS_PORT,
    S3_PORT,
    NetworkedPostgres,
    by_network,
)
from tests.servers import REPOSITORY_DIR
from tests.storage.s3_server import s3_server


class Services:
    """They run until `close`; `variables` is the environment of programs that use them.

    `bucket` is the folder in which the S3 server keeps its files.
    """

    def __init__(self, network: Network, postgres: NetworkedPostgres, folder: Path) -> None:
        self._running = ExitStack()
        postgres.space = network.add("services", 1)
        self._inside = ("nsenter", f"--net=/run/netns/{postgres.space}")
        self._running.enter_context(postgres)
        for port in (REDIS_PORT, IMAGES_PORT):
            self._start_redis(folder, port)
        log_dir, self.bucket = folder / "bucket", folder / "bucket" / "s3"
        log_dir.mkdir()
        address = f"{ADDRESS}:{S3_PORT}"
        self._running.enter_context(
            s3_server(log_dir, address, files=self.bucket, prefix=self._inside)
        )
        self.variables = postgres.variables
        owner = {
            "DATABASE_URL": by_network(postgres.owner_url),
            "LOUPE_SERVING_ROLE": "loupe",
        }
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0"],
            cwd=REPOSITORY_DIR,
            env=self.variables | owner,
            check=True,
        )

    def close(self) -> None:
        """End them."""
        self._running.close()

    def _start_redis(self, folder: Path, port: int) -> None:
        options = {"port": str(port), "bind": ADDRESS, "protected-mode": "no", "save": "",
                   "dir": str(folder), "logfile": str(folder / f"redis-{port}.log")}  # fmt: skip
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        process = subprocess.Popen([*self._inside, str(redis_binary()), *words])
        self._running.callback(process.wait)
        self._running.callback(process.terminate)
        wait_until(lambda: _answers(port), 20)


def _answers(port: int) -> bool:
    try:
        return bool(Redis(ADDRESS, port, socket_timeout=1).ping())
    except RedisError:
        return False
