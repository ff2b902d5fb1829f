"""The review queue at 60,000 images without a class: choose them, order them, hand them out.

``python -m tests.bench.review_queue [--images N]`` from the repository root. Rows are made here:
images without files, vectors of 1,280 numbers (200 groups), what an instant model would suggest.
"""

import argparse
import json
import os
import resource
import time
import uuid

import tests.servers

tests.servers.start()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from classifier.models import ReviewItem  # noqa: E402
from classifier.review.services.claim import claim  # noqa: E402
from classifier.review.services.select import start_selection  # noqa: E402
from common.copy_rows import copy_rows  # noqa: E402
from datasets.models import ClassLabel, Dataset, Image, InstantModel, Vector  # noqa: E402
from jobs.handlers import load_handlers  # noqa: E402
from tests import factories  # noqa: E402
from tests.classifier.review.queued import run_selection  # noqa: E402

WIDTH, GROUPS = 1280, 200
IMAGE = (
    "id", "dataset_id", "sha256", "name", "class_label_id", "split", "width", "height", "format",
    "bytes", "metadata", "created_at", "sent",
)  # fmt: skip


def made(count: int) -> Dataset:
    """A dataset with images, vectors and suggestions."""
    random = np.random.default_rng(0)
    dataset = factories.make_dataset(user=factories.make_user())
    label = ClassLabel.objects.create(dataset=dataset, name="cat", position=0)
    ids = sorted(uuid.UUID(bytes=random.bytes(16)) for _ in range(count))
    hashes = [random.bytes(32).hex() for _ in range(count)]
    now = timezone.now()
    copy_rows(
        Image,
        IMAGE,
        (
            (pk, dataset.pk, sha, "a.png", label.pk if n < 1_000 else None, "", 64, 64, "PNG", 1,
             {}, now, True)
            for n, (pk, sha) in enumerate(zip(ids, hashes, strict=True))
        ),
    )  # fmt: skip
    space = factories.make_space(width=WIDTH)
    centres = random.normal(size=(GROUPS, WIDTH)).astype(np.float32)
    for start in range(0, count, 5_000):
        part = hashes[start : start + 5_000]
        values = centres[random.integers(0, GROUPS, len(part))]
        values = (values + random.normal(0, 0.5, values.shape)).astype("<f2")
        copy_rows(
            Vector,
            ("organization_id", "sha256", "space_id", "vector"),
            (
                (dataset.organization_id, sha, space.pk, row.tobytes())
                for sha, row in zip(part, values, strict=True)
            ),
        )
    dataset.space = space
    dataset.save()
    free = ids[1_000:]
    margins = random.exponential(3, len(free))
    InstantModel.objects.create(
        dataset=dataset, fitted_at=now, class_ids=[label.pk],
        image_ids=b"".join(each.bytes for each in free),
        class_index=np.zeros(len(free), "<u2").tobytes(),
        probability=(1 / (1 + np.exp(-margins))).astype("<f2").tobytes(),
        margin=margins.astype("<f2").tobytes(),
        group=np.zeros(len(free), "<u2").tobytes(),
        closeness=np.ones(len(free), "<f2").tobytes(),
    )  # fmt: skip
    return dataset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=60_000)
    count = parser.parse_args().images
    load_handlers()
    call_command("migrate", verbosity=0)
    dataset = made(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, cpu = time.perf_counter(), time.process_time()
    selection = run_selection(
        start_selection(user=dataset.created_by, dataset=dataset, kind="unlabelled")
    )
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    claims = []
    for order in ("uncertainty", "diversity"):
        for _ in range(20):
            begun = time.perf_counter()
            taken = claim(
                user=dataset.created_by, organization=dataset.organization,
                items=ReviewItem.objects.all(), order=order, count=20,
            )  # fmt: skip
            claims.append(time.perf_counter() - begun)
            assert len(taken) == 20
    figures = {
        "images": count,
        "counts": selection.counts,
        "ranked": selection.ranked,
        "select_seconds": round(seconds, 1),
        "select_cpu_seconds": round(cpu, 1),
        "load": os.getloadavg()[0],
        "peak_mb": round(after / 1024),
        "peak_mb_before": round(before / 1024),
        "claim_ms_median": round(1000 * float(np.median(claims)), 1),
        "claim_ms_worst": round(1000 * max(claims), 1),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
