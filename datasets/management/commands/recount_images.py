"""The command that counts all images again."""

from django.core.management.base import BaseCommand

from datasets.selectors.image_counts import miscounted_datasets
from datasets.services.image_counts import recount_images


class Command(BaseCommand):
    """Puts right the counts of images, where `doctor` says that they are wrong."""

    help = "Count all images again; uploads and labels wait for it, some seconds for a million."

    def handle(self, *args: object, **options: object) -> None:
        """Count, and say of how many datasets the counts were wrong."""
        wrong = miscounted_datasets()
        recount_images()
        self.stdout.write(f"All images were counted. The counts of {wrong:,} datasets were wrong.")
