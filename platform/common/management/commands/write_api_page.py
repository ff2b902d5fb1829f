"""Keeps docs/api.md the same as the schema."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from common.api_page import api_page


class Command(BaseCommand):
    """Write docs/api.md."""

    help = "Write docs/api.md from the OpenAPI schema."

    def handle(self, *args: str, **options: str) -> None:
        """Overwrite the page."""
        path = Path(settings.REPOSITORY_DIR) / "docs" / "api.md"
        path.write_text(api_page())
        self.stdout.write(f"Wrote {path}")
