"""`manage.py import_dataset FILE`: what `export_dataset` wrote, into an organization here."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from accounts.models import Organization
from backup.archive.take import take_archive
from backup.errors import Refused


class Command(BaseCommand):
    """Takes an archive; what it names by an id that is taken here gets a new one."""

    help = "Take an archive of another Loupe into an organization."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and whither it goes."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--organization", required=True, help="the slug of whom it is for")
        parser.add_argument(
            "--trusted",
            action="store_true",
            help="take every file of models as it is: only from whom you trust with this machine",
        )
        parser.add_argument(
            "--same-people",
            action="store_true",
            help="members of the organization are the people of the archive who have their names",
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Run the command."""
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['organization']!r}.")
        try:
            datasets = take_archive(
                file,
                organization=organization,
                trusted=options["trusted"],
                same_people=options["same_people"],
                say=self.stdout.write,
            )
        except Refused as error:
            raise CommandError(str(error)) from error
        except (OSError, Error) as error:
            raise CommandError(f"Nothing was taken: {error}") from error
        for dataset in datasets:
            self.stdout.write(f"{dataset.name}: /datasets/{dataset.pk}/")
