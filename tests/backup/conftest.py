"""An installation with files of its own, and a second, empty database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest

from backup.spare_database import spare_database
from tests import factories
from tests.servers import REPOSITORY_DIR


@pytest.fixture
def store(settings, tmp_path) -> Path:
    """Durable files in a folder of the test's own."""
    settings.MEDIA_ROOT, settings.SCRATCH_DIR = tmp_path / "media", tmp_path / "scratch"
    settings.MEDIA_ROOT.mkdir()
    settings.SCRATCH_DIR.mkdir()
    return settings.MEDIA_ROOT


@pytest.fixture
def dataset(user, store):
    """A dataset with files."""
    dataset = factories.make_dataset(user=user)
    factories.make_images(dataset, "cat", 5)
    factories.make_images(dataset, "dog", 5)
    return dataset


@pytest.fixture
def folder(tmp_path) -> Path:
    """Where backups go."""
    return tmp_path / "backups"


@dataclass(frozen=True)
class Installation:
    """A database and a data folder, empty at first."""

    url: str
    data: Path

    def manage(self, *arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of manage.py there."""
        environment = {**os.environ, "DATABASE_URL": self.url, "LOUPE_DATA_DIR": str(self.data)}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY_DIR,
            env=environment | changes,
            capture_output=True,
            text=True,
        )

    def rows(self, query: str) -> list[tuple]:
        """Ask its database."""
        connection = psycopg2.connect(self.url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@pytest.fixture
def installation(tmp_path) -> Iterator[Installation]:
    """A new installation on the tests' own Postgres."""
    with spare_database(os.environ["DATABASE_URL"]) as url:
        yield Installation(url, tmp_path / "elsewhere")
