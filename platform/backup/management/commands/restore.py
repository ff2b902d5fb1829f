"""`manage.py restore FOLDER`: a backup into a new installation."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from backup.errors import Refused
from backup.restore import restore_backup, versions_told_again


class Command(BaseCommand):
    """Fills a new installation; run it as the role that owns the tables, while nothing else runs.

    With the embedded servers: `python -m embedded manage restore FOLDER`.
    """

    help = "Restore a backup into a new installation; refuses one that has anything to lose."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder and the backup."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--backup", default="", help="its name; the newest without one")
        parser.add_argument(
            "--other-secret-key",
            action="store_true",
            help="go on though SECRET_KEY is not the backup's: what it encrypted is lost",
        )
        parser.add_argument(
            "--rows-only", action="store_true", help="leave files alone, as verify_backup does"
        )

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Run the command."""
        try:
            backup, manifest = restore_backup(
                folder,
                name=options["backup"],
                other_key=options["other_secret_key"],
                rows_only=options["rows_only"],
                say=self.stdout.write,
            )
        except Refused as error:
            raise CommandError(str(error)) from error
        except (OSError, EOFError, Error) as error:
            raise CommandError(f"{error}. Mend it, then call the command again.") from error
        try:
            versions = versions_told_again()
        except (Refused, Error) as error:
            raise CommandError(f"All is restored, but: {error}") from error
        self.stdout.write(
            f"Restored {backup.name}: {manifest.rows:,} rows, {manifest.files:,} files. "
            f"{versions:,} dataset versions have the digests that they were frozen with."
        )
        for gap in manifest.lacking:
            self.stdout.write(f"Not in the backup as its rows have it: {gap.name} ({gap.why})")
