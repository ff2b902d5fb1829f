"""The job that decodes chunks of another job's import."""

from functools import partial

from datasets import kinds
from datasets.models import Import
from datasets.services.intake.import_chunks import is_wanted
from datasets.work.chunks import ChunkFiles
from datasets.work.crew import Crew
from jobs.crew import processors
from jobs.handlers import JobContext, handles
from storage import durable, scratch
from storage.names import upload_name

# A worker of the queue `io` runs two jobs at a time.
JOBS_PER_WORKER = 2


@handles(kinds.HELP_IMPORT)
def help_import(context: JobContext) -> None:
    """Decode chunks without a holder, until none is left or the worker is needed elsewhere."""
    source = Import.objects.select_related("job").get(pk=context.payload["import"])
    crew = _crew(context, source)
    if crew is None or not _has_worked(context, source, crew):
        # The import has ended meanwhile, or its folder is another machine's.
        context.log("There is nothing left to do.")
    with context.finish("import", source.pk) as result:
        result["chunks"] = crew.chunks_done if crew else 0


def _crew(context: JobContext, source: Import) -> Crew | None:
    files = ChunkFiles(scratch.checkpoint_dir(source.job.lineage))
    try:
        files.open(source.job)
    except FileNotFoundError:
        return None
    return Crew(source, context.job, durable.local(upload_name(source.upload)), files)


def _has_worked(context: JobContext, source: Import, crew: Crew) -> bool:
    """Work to the end; return False where the files have gone meanwhile."""
    try:
        crew.work(partial(_tick, context, source, crew))
    except FileNotFoundError:
        return False
    return True


def _tick(context: JobContext, source: Import, crew: Crew) -> int:
    context.check()
    context.progress(crew.under_way(set()), None, "files", "Checking images")
    wanted = is_wanted(source=source, helper=context.job)
    return max(1, processors() // JOBS_PER_WORKER) if wanted else 0
