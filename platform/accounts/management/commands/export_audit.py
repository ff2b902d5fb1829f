"""`manage.py export_audit`: the audit log as JSON lines."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.selectors.audit import json_lines


class Command(BaseCommand):
    """Writes one JSON object a line to the standard output, oldest first."""

    help = "Write the audit log as JSON lines, oldest first."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the bounds, each a date or a time in ISO 8601 (UTC unless it says otherwise)."""
        parser.add_argument("--since", type=_moment, help="from this date or time on")
        parser.add_argument("--until", type=_moment, help="before this date or time")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        for line in json_lines(options["since"], options["until"]):
            self.stdout.write(line)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
