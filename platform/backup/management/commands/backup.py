"""`manage.py backup FOLDER`: save rows and files while work goes on."""

from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from backup.create import create_backup
from backup.errors import Refused
from backup.manifest import Manifest
from backup.prune import prune_backups

_MOST_NAMED = 20


class Command(BaseCommand):
    """Adds a backup to a folder of backups; what is there already is not copied again.

    Ends with 1 where files are lost or damaged in the installation itself: the backup is whole but
    for these, which it names.
    """

    help = "Save the database and all files to a folder; each content once for all backups."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, and how many backups stay."""
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--keep", type=int, help="afterwards remove all but this many of the newest backups"
        )

    def handle(self, *args: Any, folder: Path, keep: int | None, **options: Any) -> None:
        """Run the command."""
        if keep is not None and keep < 1:
            raise CommandError(f"--keep must be 1 or more, not {keep}.")
        try:
            backup, manifest = create_backup(folder, self.stdout.write)
        except Refused as error:
            raise CommandError(str(error)) from error
        except (OSError, Error, BotoCoreError, ClientError) as error:
            raise CommandError(f"{error}. The backup is a half one; call it again.") from error
        self.stdout.write(
            f"Backup {backup.name}: {manifest.rows:,} rows, {manifest.files:,} files, "
            f"{manifest.file_bytes / 1e9:,.2f} GB."
        )
        try:
            if keep is not None:
                prune_backups(folder, keep=keep)
        except (Refused, OSError) as error:
            told = f"The backup is whole. Earlier ones could not be removed: {error}"
            raise CommandError(told) from error
        finally:
            self._tell_gaps(manifest)
        if manifest.damage:
            raise CommandError(
                f"{len(manifest.damage):,} files of this installation are lost or damaged. The "
                "backup has everything else, and what it calls kept from an earlier one."
            )

    def _tell_gaps(self, manifest: Manifest) -> None:
        for gap in manifest.gaps[:_MOST_NAMED]:
            self.stdout.write(f"{gap.name}: {gap.why}")
        if len(manifest.gaps) > _MOST_NAMED:
            self.stdout.write(f"… and {len(manifest.gaps) - _MOST_NAMED:,} more, in manifest.json")
