"""A backup into a new installation."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import Error, connection

from backup.create import key_mark
from backup.empty_tables import make_tables, require_new_database
from backup.errors import Refused
from backup.load_rows import faults_of_rows, load_rows
from backup.manifest import FileLine, Manifest
from backup.target import Backup, Target
from datasets.models import DatasetVersion
from datasets.selectors.digests import digest_of_samples
from storage import durable

_THREADS = 4
_BATCH = 1_000


def restore_backup(
    folder: Path,
    *,
    name: str = "",
    other_key: bool = False,
    rows_only: bool = False,
    say: Callable[[str], object],
) -> tuple[Backup, Manifest]:
    """Restore the backup `name`, by default the newest, and return it.

    Files first, then all rows in one transaction: what is interrupted until then changes no row and
    goes on when it is called again. Raises `Refused`, `OSError` and Django's database errors.
    `rows_only` is for a database that is looked at and dropped: files stay as they are.
    """
    target = Target(folder)
    with target.reading():
        backup = target.whole(name)
        manifest = backup.sound_manifest()
        if manifest.key_mark != key_mark() and not (other_key or rows_only):
            raise Refused(
                "SECRET_KEY is not the one of the backup. Set that one; or, where it is lost, pass "
                "--other-secret-key: second factors by app and secrets of webhooks are then lost."
            )
        if fault := next(faults_of_rows(backup, manifest), None):
            raise Refused(f"The backup {backup.name} is damaged: {fault}.")
        require_new_database()
        if not rows_only:
            _require_new_store(backup)
            _write_files(target, backup, say)
        say("Making the tables …")
        make_tables(manifest)
        say(f"Loading {manifest.rows:,} rows …")
        load_rows(backup, manifest)
    connection.close()
    _finish(rows_only)
    return backup, manifest


def _finish(rows_only: bool) -> None:
    """Do what is left when the rows are there; raises `Refused`, which says what it is."""
    try:
        call_command("migrate", interactive=False, verbosity=0)
        if not rows_only:
            _give_to_owner(Path(settings.MEDIA_ROOT), Path(settings.SCRATCH_DIR))
    except (OSError, Error) as error:
        raise Refused(
            f"All files and rows are restored; the upgrade after that stopped: {error}. Mend it, "
            "then run manage.py migrate as the role that owns the tables, not restore. All files "
            "must belong to the user of the services."
        ) from error


def versions_told_again() -> int:
    """Tell the digest of every dataset version again from its rows; return how many there are.

    Raises `Refused` where one is another than it was when it was frozen.
    """
    count = 0
    for version in DatasetVersion.objects.select_related("dataset").iterator():
        if digest_of_samples(version) != version.digest:
            raise Refused(f"{version} does not have the digest {version.digest} any longer.")
        count += 1
    return count


def _require_new_store(backup: Backup) -> None:
    strange = set(islice(durable.walk(), _BATCH))
    if strange:
        # Files of an interrupted restore are there, and no others.
        strange = set(durable.walk()) - {line.name for line in backup.files()}
    if strange:
        raise Refused(
            f"This installation is not new: {len(strange):,} of its files are not of the backup, "
            f"such as {min(strange)}."
        )


def _write_files(target: Target, backup: Backup, say: Callable[[str], object]) -> None:
    lines = backup.files()
    done = 0
    with ThreadPoolExecutor(_THREADS) as threads:
        while batch := list(islice(lines, _BATCH)):
            list(threads.map(lambda line: _write_file(target, line), batch))
            done += len(batch)
            say(f"{done:,} files are there")
    durable.sync()


def _write_file(target: Target, line: FileLine) -> None:
    if _is_there(line):
        return
    try:
        sha256 = durable.write(line.name, target.blocks(line.sha256), synced=False)
    except FileNotFoundError:
        raise Refused(f"The backup lacks the content of {line.name} ({line.sha256}).") from None
    if sha256 != line.sha256:
        durable.delete(line.name)
        raise Refused(f"The backup's content of {line.name} is damaged: it has {sha256}.")


def _is_there(line: FileLine) -> bool:
    """Whether the store has the file as it should be; it is read, as a disk may have harmed it."""
    with suppress(FileNotFoundError):
        if durable.facts(line.name).bytes == line.bytes:
            digest = hashlib.sha256()
            for block in durable.blocks(line.name):
                digest.update(block)
            return digest.hexdigest() == line.sha256
    return False


def _give_to_owner(*folders: Path) -> None:
    """Let what root has written belong to whom the folder belongs: the services' user."""
    if os.geteuid() != 0:
        return
    for folder in filter(Path.is_dir, folders):
        status = folder.stat()
        for path in folder.rglob("*"):
            os.chown(path, status.st_uid, status.st_gid, follow_symlinks=False)
