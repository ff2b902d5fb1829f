"""The job that forgets an image."""

from classifier.lineage import kinds
from classifier.lineage.services.erase import erase_all_files, erase_all_rows, keep_counts
from common.errors import Conflict
from datasets.models import Forgetting
from jobs.handlers import JobContext, JobFailed, handles


@handles(kinds.FORGET_IMAGE)
def forget_image(context: JobContext) -> None:
    """Erase rows in one transaction, then files; killed in between, it does the rest again."""
    forgetting = Forgetting.objects.get(pk=context.payload["forgetting"])
    context.progress(0, None, "", "Erasing rows")
    try:
        with context.guard():
            erase_all_rows(forgetting)
    except Conflict as error:
        raise JobFailed(error.code, error.detail, "Then start it again.") from error

    def on_step(message: str) -> None:
        # No look at whether it was cancelled: what is half gone is of use to no person.
        context.progress(0, None, "", message)

    counts = erase_all_files(forgetting, on_step)
    url = f"/api/v1/forgettings/{forgetting.pk}/"
    with context.finish("forgetting", forgetting.pk, url=url) as result:
        keep_counts(forgetting, counts)
        result["counts"] = forgetting.counts
