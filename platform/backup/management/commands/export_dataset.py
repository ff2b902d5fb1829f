"""`manage.py export_dataset FILE`: datasets and all that came of them, for another Loupe."""

import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organization
from backup.archive.write import write_archive
from backup.errors import Refused
from datasets.models import Dataset


class Command(BaseCommand):
    """Writes images, classes, labels, versions, runs, models and reports into one file."""

    help = "Write datasets, or all that an organization has, into an archive for another Loupe."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and what goes into it."""
        parser.add_argument("file", type=Path)
        wanted = parser.add_mutually_exclusive_group(required=True)
        wanted.add_argument("--dataset", action="append", type=uuid.UUID, help="its id; repeatable")
        wanted.add_argument("--organization", help="its slug: all its datasets and models")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Run the command."""
        try:
            counts = write_archive(
                file,
                organization=_organization(options["dataset"], options["organization"]),
                datasets=options["dataset"],
                say=self.stdout.write,
            )
        except Refused as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{file} was not written: {error}.") from error
        told = ", ".join(f"{count:,} {label.partition('.')[2]}" for label, count in counts.items())
        self.stdout.write(f"{file}: {file.stat().st_size / 1e9:,.2f} GB. {told}.")


def _organization(datasets: list[uuid.UUID] | None, slug: str | None) -> Organization:
    if datasets is None:
        found = Organization.objects.filter(slug=slug).first()
        if found is None:
            raise Refused(f"There is no organization {slug!r}.")
        return found
    rows = Dataset.objects.filter(pk__in=datasets, deleted_at=None)
    there = dict(rows.values_list("pk", "organization_id"))
    if missing := [str(each) for each in datasets if each not in there]:
        raise Refused(f"There is no dataset {missing[0]}, or it is in the trash.")
    if len(set(there.values())) > 1:
        raise Refused("These datasets are of several organizations: write an archive for each.")
    return Organization.objects.get(pk=next(iter(there.values())))
