"""The command that clears what was forgotten out of a machine's caches."""

from django.core.management.base import BaseCommand

from datasets.models import Forgetting
from datasets.services.forget_images import clean_machine


class Command(BaseCommand):
    """Takes everything that was ever forgotten out of this machine's caches."""

    help = "Take what was forgotten out of the caches in this machine's scratch folder."

    def handle(self, *args: object, **options: object) -> None:
        """Clear, and say how much there was."""
        forgettings = list(Forgetting.objects.exclude(erased_at=None))
        rows = clean_machine(forgettings)
        self.stdout.write(
            f"{len(forgettings):,} forgotten images; {rows:,} rows of cached pixels were cleared."
        )
