"""`manage.py prune_audit`: let go of what the audit log need not keep any longer."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError

from accounts.services.audit import prune


class Command(BaseCommand):
    """Deletes entries older than a number of days; the log itself says so.

    The role that serves may not do it where another owns the tables: run it with that one's
    DATABASE_URL. `make run` does it at each start.
    """

    help = "Delete entries of the audit log older than --keep-days (LOUPE_AUDIT_KEEP_DAYS)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number of days."""
        parser.add_argument("--keep-days", type=int, default=settings.AUDIT_KEEP_DAYS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        days = options["keep_days"]
        if days < 1:
            raise CommandError(f"--keep-days must be 1 or more, not {days}; 0 keeps everything.")
        try:
            count = prune(keep_days=days)
        except ProgrammingError as error:
            raise CommandError(
                "This role of the database may not delete from the audit log. Run the command with "
                "DATABASE_URL set to the role that owns the tables."
            ) from error
        self.stdout.write(f"{count:,} entries older than {days} days are deleted.")
