"""The chunks of an import, and the jobs that help with them (`jobs.services.chunks`)."""

from django.db import transaction

from datasets import kinds
from datasets.models import Import, ImportChunk
from jobs.models import Job
from jobs.services import chunks

_KEY = "import"


@transaction.atomic
def lay_out_chunks(*, source: Import, whole: list[bool]) -> None:
    """Make a row for every chunk; `whole` says of each whether its answers are there already."""
    known = dict(source.chunks.values_list("number", "done"))
    if known != dict(enumerate(whole)):
        source.chunks.all().delete()
        ImportChunk.objects.bulk_create(
            ImportChunk(source=source, number=number, done=done)
            for number, done in enumerate(whole)
        )


def ask_for_help(*, source: Import, helpers: int) -> None:
    """Have up to `helpers` jobs decode chunks too, whenever a worker has nothing else to do."""
    title = f"Help with the import of {source.archive_name}"
    chunks.ask_for_help(
        kind=kinds.HELP_IMPORT,
        leader=source.job,
        title=title,
        key=_KEY,
        source=source,
        most=helpers,
    )


def end_chunks(*, source: Import) -> None:
    """Forget the chunks of an import that has ended, and the help that has not come yet."""
    chunks.end_help(kind=kinds.HELP_IMPORT, key=_KEY, source=source)
    source.chunks.all().delete()


def is_wanted(*, source: Import, helper: Job) -> bool:
    """Whether an import still runs, and nothing else waits for the worker that helps it."""
    leader = Job.objects.filter(dataset_import=source).first()
    return chunks.is_wanted(leader=leader, helper=helper)
