"""100,000 answers of a batch become labels: how long do people who label meanwhile wait?

    .venv/bin/python -m pytest tests/bench/batch_addition.py -s [IMAGES=100000]

One thread labels one image of the dataset after the other by the service that pages use, while the
job's work is done in the bench's own process. Prints the seconds of the work and the longest that
one label took.
"""

import os
import threading
import time

import pytest
from django.db import connection, transaction

from classifier.batches.services.add_answers import add_portion, start_addition
from classifier.models import BatchAddition, BatchResult
from common.copy_rows import copy_rows
from datasets.models import Image
from datasets.services.labelling.annotate import annotate
from tests import factories
from tests.bench.batch_exports import _COLUMNS, batch_of, make_model_version_row

assert make_model_version_row
IMAGES = int(os.environ.get("IMAGES", "100000"))
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


def test_addition(user, make_model_version_row):
    """Not a test of figures: it prints them, and fails where an answer was not taken over."""
    dataset = factories.make_dataset(user=user, name="Many")
    Image.objects.bulk_create(
        [
            Image(dataset=dataset, name=f"{n}.jpg", sha256=f"{n:064x}", width=9, height=9,
                  format="jpeg", bytes=99)
            for n in range(IMAGES)
        ],
        batch_size=5_000,
    )  # fmt: skip
    [other] = factories.make_images(dataset, "", 1, start=1)
    batch = batch_of(user, make_model_version_row)
    ids = dataset.images.exclude(pk=other.pk).values_list("pk", "sha256").iterator()
    answer = {"classes": [{"class_name": "class 0", "probability": 0.9}]}
    copy_rows(
        BatchResult,
        (*_COLUMNS, "image_id"),
        (
            (batch.pk, index, "a.jpg", sha256, f"class {index % 10}", 0.9, "accept", answer, "",
             "", image_id)
            for index, (image_id, sha256) in enumerate(ids)
        ),
    )  # fmt: skip
    addition = start_addition(user=user, batch=batch, dataset=dataset, least_probability=0.5)
    waited, ended = [], threading.Event()

    def label() -> None:
        for turn in range(1_000_000):
            if ended.is_set():
                break
            began = time.perf_counter()
            annotate(user=user, dataset=dataset, class_names={other.pk: f"class {turn % 2}"})
            waited.append(time.perf_counter() - began)
            time.sleep(0.2)
        connection.close()

    person = threading.Thread(target=label)
    person.start()
    began = time.perf_counter()
    while add_next(addition):
        pass
    took = time.perf_counter() - began
    ended.set()
    person.join()
    print(
        f"\n{IMAGES:,} answers: {took:.1f} s; a label of a person took at most {max(waited):.1f} s"
    )
    assert addition.counts["labelled"] == IMAGES


def add_next(addition: BatchAddition) -> bool:
    """Do what the job does in one transaction."""
    with transaction.atomic():
        return add_portion(addition=addition)
