"""The Postgres that hosts share, and the environment of programs that use what they share."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from embedded.postgres import PostgresServer
from tests.hosts.network import SUBNET
from tests.storage.s3_names import s3_variables

ADDRESS = f"{SUBNET}.1"
REDIS_PORT, IMAGES_PORT, S3_PORT = 6379, 6380, 9000
_HBA = f"local all all scram-sha-256\nhost all all {SUBNET}.0/24 scram-sha-256\n"


class NetworkedPostgres(PostgresServer):
    """The embedded server, which listens on the network of the hosts, too."""

    space = ""

    def command(self, *, parent_death_signal: int = 0) -> list[str]:
        """Return the command, in the network namespace `space`."""
        command = super().command(parent_death_signal=parent_death_signal)
        hba = self.cluster / "hosts_hba.conf"
        hba.write_text(_HBA)
        hba.chmod(0o644)
        listens = ("-c", f"listen_addresses={ADDRESS}", "-c", f"hba_file={hba}")
        return ["nsenter", f"--net=/run/netns/{self.space}", *command, *listens]

    @property
    def variables(self) -> dict[str, str]:
        """The environment of programs on hosts; known once `prepare` is through."""
        return {
            **os.environ,
            **s3_variables(f"http://{ADDRESS}:{S3_PORT}", prefix="loupe"),
            "DATABASE_URL": by_network(self.url),
            "REDIS_URL": f"redis://{ADDRESS}:{REDIS_PORT}/0",
            "LOUPE_IMAGES_REDIS_URL": f"redis://{ADDRESS}:{IMAGES_PORT}/0",
            "SECRET_KEY": "hosts-only-" + "x" * 42,
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOUPE_DATA_DIR": str(self.data_dir.parent / "outside"),
        }


def by_network(url: str) -> str:
    """Return the address of a database by TCP, of the one by its socket."""
    parts = urlsplit(url)
    netloc = f"{parts.username}:{parts.password}@{ADDRESS}:5432"
    return parts._replace(netloc=netloc, query="").geturl()


def postgres_in(folder: Path) -> NetworkedPostgres:
    """Return the server, prepared and not started."""
    server = NetworkedPostgres(folder / "postgres", durable=False)
    server.prepare()
    return server
