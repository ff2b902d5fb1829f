"""Make a file of a model version in another format, and run it beside the served one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from classifier.engine.errors import BadModelFile
from classifier.engine.files import facts_of, sha256_of
from classifier.engine.formats.exports import ExportFormat
from classifier.engine.formats.facts import KERAS_FILE, ModelFacts
from classifier.engine.presets.registry import PRESETS
from classifier.engine.presets.transfer import TransferPreset
from classifier.engine.runtime.views import pixels_in
from classifier.engine.samples import Pixels
from classifier.evaluation.services.record_refused_file import record_refused_file
from classifier.failures import engine_failures, require_shared
from classifier.models import ModelExport, ModelVersion
from classifier.registry import kinds
from classifier.registry.selectors.exports import (
    Measuring,
    left_of,
    measured_on,
    why_not_chosen,
)
from classifier.registry.services.store_export import store_export
from classifier.registry.work.chosen_images import spread, to_choose_by
from classifier.registry.work.measure_export import measured
from datasets.decoding.pixels.store import PixelStore, open_pixels
from datasets.models import Split
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext, JobFailed, handles
from storage import durable
from storage.names import model_file_name

# Images of the train split that say which ranges numbers have.
_CALIBRATION = 200


class Written(NamedTuple):
    """A file, whether this job made it, and how its numbers were chosen (`ExportParity`)."""

    path: Path
    is_new: bool = True
    calibrated_on: int = 0
    sparsity: float = 0.0


@dataclass
class Writing:
    """What a format's writer is given."""

    context: JobContext
    version: ModelVersion
    on: Measuring
    format: ExportFormat
    pixels: PixelStore

    @property
    def path(self) -> Path:
        """Where the file is to be written."""
        return self.context.output_dir / self.format.file

    def facts(self) -> ModelFacts:
        """Return what the served file says of itself; raises BadModelFile."""
        from classifier.engine.runtime.predictor import Predictor

        served = Predictor.load(self.version.served_path, self.served["sha256"])
        view = served.views[0]
        return ModelFacts(
            class_names=served.class_names,
            image_size=view.size,
            fit=view.fit,
            preset=self.version.preset,
            more_views=served.views[1:],
        )

    @property
    def served(self) -> dict[str, Any]:
        """The facts of the served file."""
        if self.version.served_file is None:
            raise JobFailed("bad_data", f"{self.version} has no file.")
        return self.version.served_file

    def network(self) -> Any:
        """Return the Keras network, pixels → probabilities."""
        self.context.progress(0, None, "", "Loading TensorFlow")
        from classifier.engine.fit.stored_network import network_of_head, stored_network

        version = self.version
        if KERAS_FILE in version.files:
            sha256 = version.files[KERAS_FILE]["sha256"]
            stored = durable.local_content(model_file_name(version.pk, KERAS_FILE), sha256)
            return stored_network(stored, sha256)
        preset = PRESETS[version.preset]
        if not isinstance(preset, TransferPreset):
            raise JobFailed("bad_data", f"{version} has no network of Keras.")
        config = preset.config(preset.stored_config(version.config))
        weights = settings.WEIGHTS_DIR
        return network_of_head(version.served_path, self.served["sha256"], preset, config, weights)

    def calibration(self) -> Pixels:
        """Return pixels of train images; none of those that the file is measured on."""
        from classifier.engine.runtime.predictor import Predictor

        train = [content for content, _ in samples_of(self.on.images, Split.TRAIN)]
        views = Predictor.load(self.version.served_path).views
        return pixels_in(self.pixels, spread(train, _CALIBRATION), views)


def _own(writing: Writing) -> Written:
    """Return a file that training has left, verified."""
    version, name = writing.version, writing.format.file
    sha256 = version.files[name]["sha256"]
    path = durable.local_content(model_file_name(version.pk, name), sha256)
    if not path.is_file() or sha256_of(path) != sha256:
        raise BadModelFile(
            f"{name} is not the file that was registered.", "Restore it from a backup."
        )
    return Written(path, is_new=False)


def _pruned(writing: Writing) -> Written:
    from classifier.engine.formats.pruned import write_pruned
    from classifier.engine.runtime.predictor import Predictor

    _says(writing)
    served = writing.version.served_path
    views = Predictor.load(served, writing.served["sha256"]).views
    other = pixels_in(writing.pixels, to_choose_by(writing.on), views)
    return Written(writing.path, sparsity=write_pruned(served, writing.path, other))


def _web_page(writing: Writing) -> Written:
    from classifier.engine.formats.web_page import write_web_page
    from classifier.engine.runtime.predictor import read_verified

    version = writing.version
    _says(writing)
    model = read_verified(version.served_path, writing.served["sha256"])
    said: dict[str, str | int] = {
        "model_name": version.model.name,
        "version": version.number,
    }
    write_web_page(settings.WEB_PAGE, model, writing.facts(), said, writing.path)
    return Written(writing.path)


def _keras(writing: Writing) -> Written:
    if KERAS_FILE in writing.version.files:
        return _own(writing)
    network, facts = writing.network(), writing.facts()
    from classifier.engine.formats.export import write_keras

    _says(writing)
    write_keras(network, facts, writing.path)
    return Written(writing.path)


def _saved_model(writing: Writing) -> Written:
    network, facts = writing.network(), writing.facts()
    from classifier.engine.formats.saved_model import write_saved_model

    _says(writing)
    write_saved_model(network, facts, writing.path)
    return Written(writing.path)


def _tflite(numbers: Any, writing: Writing) -> Written:
    network, facts = writing.network(), writing.facts()
    from classifier.engine.formats.tflite import write_tflite

    calibration = writing.calibration() if writing.format.chosen else None
    _says(writing)
    write_tflite(network, facts, writing.path, numbers=numbers, calibration=calibration)
    return Written(writing.path, calibrated_on=0 if calibration is None else len(calibration))


def _says(writing: Writing) -> None:
    writing.context.check()
    writing.context.progress(0, None, "", f"Writing {writing.format.file}")


WRITERS: dict[str, Callable[[Writing], Written]] = {
    "onnx": _own,
    "onnx_pruned": _pruned,
    "web_page": _web_page,
    "keras": _keras,
    "saved_model": _saved_model,
    "tflite": partial(_tflite, "float32"),
    "tflite_float16": partial(_tflite, "float16"),
    "tflite_dynamic": partial(_tflite, "dynamic"),
    "tflite_int8": partial(_tflite, "int8"),
}


@handles(kinds.EXPORT)
def export_model(context: JobContext) -> None:
    """Write the file and measure it; in one transaction its record, its place, the job's end."""
    export = ModelExport.objects.select_related(
        "model_version__dataset_version__dataset__organization",
        "model_version__model__organization",
    ).get(job=context.job)
    version = export.model_version
    on = _measured_on(export)
    if version.model.organization is not None:
        require_shared(version.model.organization, on.images.dataset.subject)
    with engine_failures(context), open_pixels(context.log) as pixels:
        try:
            writing = Writing(context, version, on, export.kind_of_file, pixels)
            written = WRITERS[export.format](writing)
            context.check()
            parity = measured(context, version, on, pixels, writing.format, written.path)
        except BadModelFile as error:
            record_refused_file(version=version, actor=export.created_by, reason=error.detail)
            raise
    parity = replace(parity, calibrated_on=written.calibrated_on, sparsity=written.sparsity)
    context.log(parity.words)
    url = f"/api/v1/exports/{export.pk}/"
    with context.finish("export", export.pk, url=url):
        store_export(
            export=export,
            path=written.path,
            facts=facts_of(written.path),
            parity=parity,
            is_new=written.is_new,
        )


def _measured_on(export: ModelExport) -> Measuring:
    """Return the images that are left to measure the file on; raises JobFailed for none."""
    on = measured_on(export.model_version)
    if on is None:
        raise JobFailed("bad_data", f"{export.model_version} has no images to measure a file on.")
    left = left_of(on)
    if export.kind_of_file.chosen and (sentence := why_not_chosen(left)):
        raise JobFailed("bad_data", sentence)
    return left
