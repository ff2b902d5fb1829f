"""The job that decodes chunks of another job's import."""

from datasets import kinds
from datasets.models import Import
from datasets.services.intake.import_chunks import is_wanted
from datasets.work.chunks import ChunkFiles
from datasets.work.crew import Crew, processors
from jobs.handlers import JobContext, handles
from storage import durable, scratch
from storage.names import upload_name

# A worker of the queue `io` runs two jobs at a time.
JOBS_PER_WORKER = 2


@handles(kinds.HELP_IMPORT)
def help_import(context: JobContext) -> None:
    """Decode chunks without a holder, until none is left or the worker is needed elsewhere."""
    source = Import.objects.select_related("job").get(pk=context.payload["import"])
    files = ChunkFiles(scratch.checkpoint_dir(source.job.lineage))
    archive = durable.local(upload_name(source.upload))
    crew = Crew(source, context.job, archive, files)

    def on_tick() -> int:
        context.check()
        context.progress(crew.under_way(set()), None, "files", "Checking images")
        wanted = is_wanted(source=source, helper=context.job)
        return max(1, processors() // JOBS_PER_WORKER) if wanted else 0

    try:
        files.open()
        crew.work(on_tick)
    except FileNotFoundError:
        # The import has ended meanwhile, and its folder is gone.
        context.log("There is nothing left to do.")
    with context.finish("import", source.pk) as result:
        result["chunks"] = crew.chunks_done
