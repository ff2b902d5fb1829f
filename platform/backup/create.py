"""Make a backup while work goes on.

The rows first, as they were at one moment; then the files. A file is there before a row names it,
so whatever the rows name was there at that moment, and is copied unless someone has deleted or
changed it since: then the backup names it.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.utils.crypto import salted_hmac

from backup.copy_files import copy_files, is_damaged
from backup.dump_rows import dump_table, one_moment
from backup.errors import Refused
from backup.held import Held
from backup.keep_lost import keep_lost
from backup.manifest import Gap, Manifest, Table
from backup.promises import Promises
from backup.tables import applied_migrations, columns_by_table, sequences
from backup.target import Backup, Target
from classifier.registry.services.code_version import code_version

_SAY_EVERY = 5_000


def create_backup(folder: Path, say: Callable[[str], object]) -> tuple[Backup, Manifest]:
    """Make a backup in `folder` and return it; `say` hears of the progress.

    Raises `Refused`, `OSError` (a full disk, for instance) and Django's database errors, and then
    leaves a half backup, which the next one goes on from and removes.
    """
    if Path(settings.MEDIA_ROOT).resolve() in (folder.resolve(), *folder.resolve().parents):
        raise Refused(f"{folder} lies among the files that are to be saved. Name another folder.")
    target = Target.made(folder)
    with target.locked():
        held = Held(target)
        halves = [each for each in target.backups() if not each.is_whole]
        began = datetime.now(UTC)
        backup = target.begin(_name(target, began))
        say(f"Saving the rows of {settings.DATABASES['default']['NAME']} …")
        with one_moment():
            migrations = applied_migrations()
            tables = {
                name: dump_table(name, columns, backup)
                for name, columns in columns_by_table().items()
            }
            numbers = sequences()
            promises = Promises()
        say("Copying the files that the folder lacks …")
        files, size, gaps = _save_files(target, backup, held, promises, say)
        manifest = _manifest(began, migrations, tables, numbers, backup, files, size, gaps)
        target.sync()
        backup.finish(manifest)
        _remove(halves, say)
    return backup, manifest


def key_mark() -> str:
    """Return what tells SECRET_KEYs apart and does not tell them."""
    return salted_hmac("loupe.backup", "key", algorithm="sha256").hexdigest()[:16]


def _save_files(
    target: Target, backup: Backup, held: Held, promises: Promises, say: Callable[[str], object]
) -> tuple[int, int, list[Gap]]:
    size = 0
    odd: dict[str, str] = {}
    for files, line in enumerate(copy_files(target, backup, held), 1):
        as_promised = promises.keep(line)
        if is_damaged(line):
            odd[line.name] = ""
            continue
        if not as_promised:
            odd[line.name] = line.sha256
        size += line.bytes
        if files % _SAY_EVERY == 0:
            say(f"{files:,} files, {size / 1e9:,.1f} GB")
    gaps = _gaps(backup, held, promises.open(), odd)
    sizes = [line.bytes for line in backup.files()]
    return len(sizes), sum(sizes), gaps


def _remove(halves: list[Backup], say: Callable[[str], object]) -> None:
    """Remove half backups; the new one is whole also where that fails."""
    for half in halves:
        try:
            half.remove()
        except OSError as error:
            say(f"The half backup {half.folder} is left: {error}.")


def _gaps(backup: Backup, held: Held, absent: list[str], odd: dict[str, str]) -> list[Gap]:
    """Say why files are not in the backup as its rows have it: by what rows say now."""
    if not absent and not odd:
        return []
    now = Promises()
    gaps = [Gap(name=name, why="lost" if now.names(name) else "deleted") for name in absent]
    for name, sha256 in odd.items():
        why = "changed" if sha256 and now.sha256(name) in (None, sha256) else "damaged"
        gaps.append(Gap(name=name, why=why))
    return keep_lost(backup, held, gaps, now)


def _name(target: Target, began: datetime) -> str:
    """Return the time, with a number where two begin within a second.

    Raises `Refused` where a whole backup has a later one: it would be taken for the newest.
    """
    stem = began.strftime("%Y%m%dT%H%M%SZ")
    taken = {each.name for each in target.backups()}
    number = 1
    while (name := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    later = [each for each in target.backups() if each.is_whole and each.name > name]
    if later:
        raise Refused(
            f"The backup {later[-1].name} is of a time to come: it is {stem} now. Set the clock "
            f"right, or give {later[-1].folder} the name of the time when it was made."
        )
    return name


def _manifest(
    began: datetime,
    migrations: list[list[str]],
    tables: dict[str, Table],
    numbers: dict[str, int | None],
    backup: Backup,
    files: int,
    size: int,
    gaps: list[Gap],
) -> Manifest:
    return Manifest(
        loupe=f"{code_version()}, Python {sys.version.split()[0]}",
        began_at=began.isoformat(),
        ended_at=datetime.now(UTC).isoformat(),
        key_mark=key_mark(),
        migrations=migrations,
        tables=tables,
        sequences=numbers,
        files=files,
        file_bytes=size,
        files_sha256=backup.files_digest(),
        gaps=gaps,
    )
