"""The job that copies a model version into another organization."""

from classifier.failures import engine_failures
from classifier.models import ModelCopy, ModelVersion
from classifier.registry import kinds
from classifier.registry.services.copy_model import copied_files, register_copy
from jobs.errors import copy_failures
from jobs.handlers import JobContext, JobFailed, handles


@handles(kinds.COPY_MODEL)
def copy_model(context: JobContext) -> None:
    """Write the files, then the version in the transaction that ends the job."""
    copy = ModelCopy.objects.select_related("organization", "created_by").get(job=context.job)
    version = (
        ModelVersion.objects.select_related("model__organization")
        .filter(pk=copy.source_version)
        .first()
    )
    if version is None:
        raise JobFailed("share_ended", f"{copy.source} is gone.")
    context.progress(0, None, "", "Copying the files")
    with copy_failures(copy.source_name):
        with engine_failures(context):
            files = copied_files(copy, version, context.output_dir)
        context.check()
        url = f"/api/v1/model-copies/{copy.pk}/"
        with context.finish("model_copy", copy.pk, url=url) as result:
            made = register_copy(copy=copy, version=version, files=files, folder=context.output_dir)
            result["model_version"] = str(made.pk)
