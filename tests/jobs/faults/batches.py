"""Batches for tests that kill the workers which are at them."""

import io
import os
import signal
from collections import Counter
from contextlib import suppress

import psutil
from django.db import transaction
from PIL import Image as Picture

from classifier.batches.services.start_batch import start_on_dataset
from classifier.models import BatchChunk, BatchPrediction, BatchResult
from classifier.registry.selectors.models import version_to_serve
from datasets.models import Image
from jobs.models import Job, JobAttempt, Status
from jobs.services.hurry import hurry
from tests import factories
from tests.classifier.trained import register
from tests.jobs.faults.processes import supervisor_of

IMAGES = 3000
# Large enough that a chunk takes a while.
CONTENTS, SIDE = 40, 900


def colours(user, count: int):
    """A dataset of so many unlabelled images, of a few contents."""
    dataset = factories.make_dataset(user=user, name="Many")
    files = [(f"{n}.png", large_square(n), "") for n in range(min(count, CONTENTS))]
    factories.add_files(dataset, files)
    first = list(dataset.images.all())
    Image.objects.bulk_create(
        Image(
            dataset=dataset, name=f"{number}.png", sha256=like.sha256, width=like.width,
            height=like.height, format=like.format, bytes=like.bytes,
        )
        for number in range(len(first), count)
        for like in [first[number % len(first)]]
    )  # fmt: skip
    return dataset


def large_square(number: int) -> bytes:
    stream = io.BytesIO()
    Picture.new("RGB", (SIDE, SIDE), (number * 5, 30, 40)).save(stream, "PNG")
    return stream.getvalue()


def served_version(user, trained, folder):
    """A registered version of colours whose file the workers find."""
    version = factories.make_version(user=user, classes=("blue", "green", "red"), per_class=10)
    with transaction.atomic():
        run = factories.make_run(user, version)
        registered = register(run, trained, folder)
    return version_to_serve(user, registered.model_id)


def start_hurried(user, version, dataset) -> BatchPrediction:
    """Start a batch on all images that lets no other work of this machine pass: a test waits."""
    with transaction.atomic():
        batch = start_on_dataset(user=user, version=version, dataset=dataset)
        hurry(job=batch.job)
    return batch


def require_each_once(batch: BatchPrediction, images: int) -> None:
    """Fail where an image has no result, or two."""
    counts = Counter(BatchResult.objects.filter(batch=batch).values_list("index", flat=True))
    assert sorted(counts) == list(range(images))
    assert set(counts.values()) == {1}


def kill_one_at_work(bench, batch: BatchPrediction, *, at_least: int = 1) -> Job:
    """Kill a worker's process, and what it has started, over a chunk of the batch."""
    found = []

    def killed() -> bool:
        held = BatchChunk.objects.filter(
            source=batch, done=False, holder__status=Status.RUNNING
        ).select_related("holder")
        done = BatchChunk.objects.filter(source=batch, done=True).count()
        chunk = held.order_by("?").first() if done >= at_least else None
        if chunk is None or chunk.holder is None or chunk.fence != chunk.holder.fence:
            return BatchPrediction.objects.get(pk=batch.pk).job.is_terminal
        with suppress(psutil.NoSuchProcess, JobAttempt.DoesNotExist):
            supervisor = psutil.Process(supervisor_of(chunk.holder))
            processes = supervisor.children(recursive=True)
            os.kill(supervisor.pid, signal.SIGKILL)
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            found.append(chunk.holder)
            return True
        return False

    bench.wait_for(killed, 120)
    assert found, "the batch ended before its worker could be killed"
    return found[0]
