"""Fetches what the built-in model is made of, and makes it."""

from django.core.management.base import BaseCommand, CommandError

from classifier.engine.errors import EngineError
from classifier.prediction.serving import built_in
from classifier.registry.services.ensure_built_in import NAME, VERSION_ID


class Command(BaseCommand):
    """Install the built-in ImageNet model, now instead of on its first use."""

    help = (
        "Install the built-in ImageNet model: from the files in LOUPE_WEIGHTS_DIR or Keras's "
        "cache, or from the internet. Run it where a predict worker runs; it takes a minute."
    )

    def handle(self, *args: str, **options: str) -> None:
        """Wait for the files, and say what is missing where they cannot be made."""
        try:
            built_in.prepare(str(VERSION_ID), built_in.BUILD_SECONDS)
        except EngineError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{NAME} is installed and answers for everyone.")
