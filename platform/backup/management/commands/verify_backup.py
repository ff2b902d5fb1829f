"""`manage.py verify_backup FOLDER`: whether a backup can be restored."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backup.errors import Refused
from backup.verify import verify_backup


class Command(BaseCommand):
    """Reads every file of a backup, and loads its rows into a database of their own."""

    help = "Check every hash of a backup, and load its rows into a database made for that."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder and the backup."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--backup", default="", help="its name; the newest without one")
        parser.add_argument(
            "--without-loading", action="store_true", help="check hashes alone, make no database"
        )

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Run the command."""
        try:
            manifest, faults = verify_backup(
                folder,
                name=options["backup"],
                load=not options["without_loading"],
                say=self.stdout.write,
            )
        except Refused as error:
            raise CommandError(str(error)) from error
        for fault in faults:
            self.stdout.write(fault)
        if faults:
            raise CommandError(f"{len(faults):,} faults.")
        self.stdout.write(
            f"Whole: {manifest.rows:,} rows, {manifest.files:,} files, of {manifest.began_at}."
        )
