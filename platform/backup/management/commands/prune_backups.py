"""`manage.py prune_backups FOLDER --keep N`: old backups go, and what none needs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backup.errors import Refused
from backup.prune import prune_backups


class Command(BaseCommand):
    """Removes old backups, half ones, and the contents that no backup has any longer."""

    help = "Remove all but the newest backups, and the contents that none of these needs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder and how many stay."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--keep", type=int, required=True, help="how many of the newest stay")

    def handle(self, *args: Any, folder: Path, keep: int, **options: Any) -> None:
        """Run the command."""
        try:
            pruned = prune_backups(folder, keep=keep)
        except Refused as error:
            raise CommandError(str(error)) from error
        names = ", ".join(pruned.backups) or "none"
        self.stdout.write(
            f"Removed: backups {names}; {pruned.contents:,} contents, {pruned.bytes / 1e9:,.2f} GB."
        )
