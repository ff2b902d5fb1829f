"""Make a file of a model version that its training did not write."""

from django.conf import settings

from classifier.engine.presets.registry import PRESETS
from classifier.engine.presets.transfer import TransferPreset
from classifier.engine.samples import pixels_of
from classifier.failures import engine_failures, require_shared
from classifier.models import ModelExport
from classifier.registry import kinds
from classifier.registry.selectors.exports import FILES
from classifier.registry.services.store_export import store_export
from datasets.decoding.pixels.store import open_pixels
from datasets.models import Split
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext, JobFailed, handles

# The files' answers are compared on so many images that the model learned from.
_IMAGES = 16


@handles(kinds.EXPORT)
def export_model(context: JobContext) -> None:
    """Write `model.keras` of a head; in one transaction its record, its place, the job's end."""
    export = ModelExport.objects.select_related(
        "model_version__dataset_version__dataset__organization",
        "model_version__model__organization",
    ).get(job=context.job)
    version = export.model_version
    if version.model.organization is not None and version.dataset_version is not None:
        require_shared(version.model.organization, version.dataset_version.dataset.subject)
    preset = PRESETS[version.preset]
    if not isinstance(preset, TransferPreset) or version.served_file is None:
        raise JobFailed("bad_data", f"{version} has no head of which a file could be made.")
    context.progress(0, None, "", "Loading TensorFlow")
    with engine_failures(context), open_pixels(context.log) as pixels:
        from classifier.engine.fit.keras_of_head import write_keras_of_head

        context.progress(0, None, "", f"Writing {FILES[export.format]}")
        config = preset.config(preset.stored_config(version.config))
        path = context.output_dir / FILES[export.format]
        facts, parity = write_keras_of_head(
            version.served_path,
            version.served_file["sha256"],
            preset,
            config,
            settings.WEIGHTS_DIR,
            list(pixels_of(pixels, _contents(export), config.image_size, config.fit)),
            path,
        )
    url = f"/api/v1/exports/{export.pk}/"
    with context.finish("export", export.pk, url=url):
        store_export(export=export, path=path, facts=facts, parity=parity)


def _contents(export: ModelExport) -> list[str]:
    version = export.model_version.dataset_version
    samples = samples_of(version, Split.TRAIN, first=_IMAGES) if version else []
    return [content for content, _ in samples]
