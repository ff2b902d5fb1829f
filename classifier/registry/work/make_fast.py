"""Make the int8 file of a model version and check it on the test split."""

from pathlib import Path
from typing import NamedTuple

from classifier.engine.errors import BadModelFile
from classifier.engine.files import facts_of
from classifier.engine.measure.fast_mode import FastCheck
from classifier.engine.runtime.head_predictor import Answering
from classifier.engine.runtime.views import pixels_in, rows_of
from classifier.engine.samples import Pixels
from classifier.evaluation.services.record_refused_file import record_refused_file
from classifier.failures import engine_failures, require_shared
from classifier.models import FastMode
from classifier.models.fast_mode import FAST_FILE
from classifier.registry import kinds
from classifier.registry.services.fast_mode import store_fast_mode
from classifier.registry.work.chosen_images import spread
from datasets.decoding.pixels.store import PixelStore, open_pixels
from datasets.models import DatasetVersion, Split
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext, JobFailed, handles

# Images of the train split that say which ranges activations have, and other ones on which the
# layers to leave alone are chosen: of the validation split where there are some.
_CALIBRATION, _OTHER = 64, 300


class Served(NamedTuple):
    """The file that answers, its facts, and the dataset version that it learned from."""

    path: Path
    facts: dict
    images: DatasetVersion


@handles(kinds.FAST_MODE)
def make_fast(context: JobContext) -> None:
    """Quantize, check through both files; in one transaction the figures, the file, the end."""
    row = FastMode.objects.select_related(
        "model_version__dataset_version__dataset__organization",
        "model_version__model__organization",
    ).get(model_version=context.payload["model_version"])
    version = row.model_version
    if version.served_file is None or version.dataset_version is None:
        raise JobFailed("bad_data", f"{version} has no file or no images of its own.")
    if version.model.organization is not None:
        require_shared(version.model.organization, version.dataset_version.dataset.subject)
    served = Served(version.served_path, version.served_file, version.dataset_version)
    path = context.output_dir / FAST_FILE
    with engine_failures(context), open_pixels(context.log) as pixels:
        try:
            check = _made_and_checked(context, served, pixels, path)
        except BadModelFile as error:
            record_refused_file(version=version, actor=row.created_by, reason=error.detail)
            raise
    context.log(_told(check))
    url = f"/api/v1/model-versions/{version.pk}/fast-mode/"
    with context.finish("fast_mode", row.pk, url=url):
        store_fast_mode(row=row, check=check, path=path, facts=facts_of(path))


def _made_and_checked(
    context: JobContext, served: Served, pixels: PixelStore, path: Path
) -> FastCheck:
    # ONNX Runtime and what quantizes with it are for this process alone.
    from classifier.engine.formats.int8 import write_int8
    from classifier.engine.measure.flips import flips
    from classifier.engine.runtime.predictor import Predictor
    from classifier.engine.runtime.speed import milliseconds

    before = Predictor.load(served.path, served.facts["sha256"])
    calibration, other = _images(served.images, pixels, before)
    context.progress(0, None, "", "Making the int8 file")
    written = write_int8(served.path, path, calibration, other)
    context.check()
    fast = Predictor.load(path)
    contents = [sha256 for sha256, _ in samples_of(served.images, Split.TEST)]
    reading = context.step("images", "Reading the images")
    rows = rows_of(pixels, contents, before.views, reading)
    steps = [context.step("images", f"Asking the {name} file") for name in ("served", "int8")]
    found = flips(fast.predict_rows(rows, steps[1]), before.predict_rows(rows, steps[0]))
    context.progress(0, None, "", "Timing both files")
    alone = [Predictor.load(served.path, threads=1), Predictor.load(path, threads=1)]
    float32_ms, fast_ms = milliseconds(alone, [calibration] * 2)
    return FastCheck(
        images=found.images,
        flipped=found.flipped,
        largest_difference=found.largest_difference,
        float32_ms=float32_ms,
        fast_ms=fast_ms,
        float32_bytes=served.facts["bytes"],
        fast_bytes=path.stat().st_size,
        convolutions=written.convolutions,
        left_float=written.left_float,
        calibrated_on=len(calibration),
    )


def _images(
    version: DatasetVersion, pixels: PixelStore, served: Answering
) -> tuple[Pixels, Pixels]:
    """Return pixels of the calibration images and of other ones; none of the test split."""
    train = spread([sha256 for sha256, _ in samples_of(version, Split.TRAIN)], 2 * _CALIBRATION)
    calibration = train[::2]
    validation = [sha256 for sha256, _ in samples_of(version, Split.VALIDATION)]
    other = spread(validation, _OTHER) or train[1::2] or calibration

    def seen(contents: list[str]) -> Pixels:
        return pixels_in(pixels, contents, served.views)

    return seen(calibration), seen(other)


def _told(check: FastCheck) -> str:
    return (
        f"{check.flipped} of {check.images} test images get another answer; probabilities differ "
        f"by up to {check.largest_difference:.2f}. An image takes {check.fast_ms:.1f} ms of a "
        f"core, {check.float32_ms:.1f} with float32; the file has {check.fast_bytes / 1e6:.1f} MB, "
        f"{check.float32_bytes / 1e6:.1f} with float32. {check.left_float} of "
        f"{check.convolutions} convolutions stay float32. {check.refusal or 'It is offered.'}"
    )
