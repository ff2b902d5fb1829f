"""Measure which learning rate suits a training; nothing is trained to the end or kept."""

from dataclasses import replace

from django.conf import settings

from classifier.engine.fit.rate_curve import RateCurve
from classifier.engine.presets.rates import require_rate
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.samples import Samples, TrainingSamples
from classifier.failures import engine_failures
from classifier.models import RateSearch
from classifier.training import kinds
from classifier.training.selectors.subgroups import subgroups_of
from classifier.training.services.search_rate import store_search
from classifier.training.work.kept_vectors import KeptVectors
from classifier.training.work.left_out import require_few
from classifier.training.work.observer import JobObserver
from datasets.decoding.pixels.store import PixelStore, open_pixels
from datasets.errors import UnreadableImages
from datasets.models import Split
from datasets.selectors.versions import packed_samples_of
from jobs.handlers import JobContext, handles
from storage import scratch


@handles(kinds.SEARCH_RATE)
@handles(kinds.SEARCH_HEAD_RATE)
def search_rate(context: JobContext) -> None:
    """Measure the curve; in one transaction it and the job's success.

    An attempt after a killed one begins again: the whole takes a minute or so.
    """
    search = RateSearch.objects.select_related("dataset_version__dataset").get(
        pk=context.payload["rate_search"]
    )
    with engine_failures(context), open_pixels(context.log) as pixels:
        curve = _measured(context, search, pixels)
    context.log(curve.verdict)
    url = f"/api/v1/learning-rate-searches/{search.pk}/"
    with context.finish("learning_rate_search", search.pk, url=url):
        store_search(search=search, curve=curve)


def _measured(context: JobContext, search: RateSearch, pixels: PixelStore) -> RateCurve:
    # NumPy and the presets' modules; TensorFlow where a network takes the steps.
    from classifier.engine.fit import rate_search

    preset = PRESETS[search.preset]
    config = checked_config(preset.name, preset.stored_config(search.config))
    version = search.dataset_version
    observer = JobObserver(context)
    observer.stage("Listing the images of the version")
    train = Samples(*packed_samples_of(version, Split.TRAIN))
    whole = TrainingSamples(
        train=train, validation=[], pixels=pixels, subgroups=subgroups_of(version, config)
    )
    job = rate_search.SearchJob(
        preset=preset.name,
        config=require_rate(preset, config, search.setting),
        rate=search.setting,
        class_names=version.class_names,
        samples=whole,
    )
    while True:
        try:
            return rate_search.search_rate(
                job,
                weights_dir=settings.WEIGHTS_DIR,
                backbones_dir=scratch.backbones_dir(),
                observer=observer,
                vectors=KeptVectors(context, search.organization_id),
                measured_dir=scratch.measured_dir(),
                memory_bytes=settings.TRAINING_MEMORY_BYTES,
            )
        except UnreadableImages as error:
            left = job.samples.without(error.faults)
            if len(left.train) == len(job.samples.train):
                raise
            require_few(whole, left, error)
            job = replace(job, samples=left)
            context.log(f"{error.detail} It goes on without.")
