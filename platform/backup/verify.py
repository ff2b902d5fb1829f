"""Look whether a backup can be restored: every hash, and the rows in a database of their own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from backup.errors import Refused
from backup.load_rows import faults_of_rows
from backup.manifest import Manifest
from backup.spare_database import spare_database
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
    with spare_database(_owner_url()) as url, tempfile.TemporaryDirectory() as data:
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


def _owner_url() -> str:
    """Return the address for the role that owns the tables, as far as one is known."""
    if given := os.environ.get("DATABASE_OWNER_URL"):
        return given
    folder = DataFolder(Path(settings.MEDIA_ROOT).parent)
    serving = os.environ["DATABASE_URL"]
    if read_env(folder.root / "embedded.env").get("DATABASE_URL") == serving:
        return PostgresServer(folder.postgres, socket_dir=folder.run).owner_url
    return serving
