"""Look whether a backup can be restored: every hash, and the rows in a database of their own."""

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from django.conf import settings
from psycopg2.sql import SQL, Identifier

from backup.errors import Refused
from backup.load_rows import faults_of_rows
from backup.manifest import Manifest
from backup.target import Backup, Target
from common.hashing import sha256_file
from embedded.data_folder import DataFolder, read_env
from embedded.postgres import PostgresServer

_SAY_EVERY = 5_000


def verify_backup(
    folder: Path, *, name: str = "", load: bool = True, say: Callable[[str], object]
) -> tuple[Manifest, list[str]]:
    """Return what a backup says of itself, and a sentence for each fault found.

    With `load` its rows are loaded into a database that is made beside Loupe's, upgraded and
    dropped again. A damaged content is renamed, so that the next backup copies it again.
    Raises `Refused` where there is no whole backup, its manifest is damaged, or no database can be
    made.
    """
    target = Target(folder)
    with target.reading():
        backup = target.whole(name)
        manifest = backup.manifest()
        faults = [*faults_of_rows(backup, manifest), *_faults_of_files(target, backup, say)]
        faults += [
            f"{gap.name} was {gap.why} when the backup was made"
            for gap in manifest.damage
            if gap in manifest.lacking
        ]
        if load:
            say("Loading the rows into a database of their own …")
            faults += _faults_of_loading(folder, backup)
    return manifest, faults


def _faults_of_files(target: Target, backup: Backup, say: Callable[[str], object]) -> Iterator[str]:
    try:
        backup.sound_manifest()
    except Refused as error:
        yield str(error)
        return
    contents = {line.sha256: line.name for line in backup.files()}
    for number, (sha256, name) in enumerate(contents.items(), 1):
        path = target.content_path(sha256)
        if not path.is_file():
            yield f"the content of {name} is missing ({path})"
        elif sha256_file(path) != sha256:
            aside = target.set_aside(sha256)
            yield f"the content of {name} is damaged ({aside or path})"
        if number % _SAY_EVERY == 0:
            say(f"{number:,} of {len(contents):,} contents checked")


def _faults_of_loading(folder: Path, backup: Backup) -> list[str]:
    with _spare_database() as url, tempfile.TemporaryDirectory() as data:
        command = [sys.executable, str(settings.REPOSITORY_DIR / "manage.py"), "restore"]
        command += [str(folder), "--backup", backup.name, "--rows-only"]
        # A data folder of its own: no step of migration may touch the files of this installation.
        changes = {"DATABASE_URL": url, "LOUPE_DATA_DIR": data, "LOUPE_SCRATCH_DIR": ""}
        changes["LOUPE_SERVING_ROLE"] = ""
        result = subprocess.run(command, env=os.environ | changes, capture_output=True, text=True)
    if result.returncode == 0:
        return []
    last = (result.stderr.strip() or result.stdout.strip()).splitlines()[-1:]
    return [f"its rows cannot be loaded: {''.join(last)}"]


@contextmanager
def _spare_database() -> Iterator[str]:
    """Make a database, yield its address, and drop it."""
    owner = _owner_url()
    name = f"loupe_verify_{uuid.uuid4().hex[:12]}"
    try:
        connection = psycopg2.connect(owner)
    except psycopg2.OperationalError as error:
        raise Refused(f"The database does not answer: {str(error).strip()}.") from error
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
            try:
                yield urlunsplit(urlsplit(owner)._replace(path=f"/{name}"))
            finally:
                cursor.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
    except psycopg2.errors.InsufficientPrivilege as error:
        raise Refused(
            "This role of the database may make no other database. Run the command with "
            "DATABASE_OWNER_URL set to one that may, or pass --without-loading."
        ) from error
    finally:
        connection.close()


def _owner_url() -> str:
    """Return the address for the role that owns the tables, as far as one is known."""
    if given := os.environ.get("DATABASE_OWNER_URL"):
        return given
    folder = DataFolder(Path(settings.MEDIA_ROOT).parent)
    serving = os.environ["DATABASE_URL"]
    if read_env(folder.root / "embedded.env").get("DATABASE_URL") == serving:
        return PostgresServer(folder.postgres, socket_dir=folder.run).owner_url
    return serving
