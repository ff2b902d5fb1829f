"""Datasets with suggestions, and selections for review whose job is done here and now."""

import os

import numpy as np
from django.utils import timezone

from classifier.models import ReviewItem, ReviewSelection
from classifier.review.services.select import start_selection
from classifier.review.work import select_items
from datasets.models import InstantModel
from jobs.child.context import JobContext
from jobs.child.reporter import Reporter
from jobs.handlers import handler_of
from jobs.models import Job
from jobs.services.claim import claim
from tests.classifier.instant.made import add_images

CLASSES = ("cat", "dog")


def suggest(dataset, images, probabilities, margins) -> None:
    """Have the dataset's instant model suggest cat for images, so probable, with these leads."""
    labels = {label.name: label.pk for label in dataset.classes.all()}
    order = np.argsort([np.bytes_(each.pk.bytes) for each in images])
    InstantModel.objects.update_or_create(
        dataset=dataset,
        defaults={
            "fitted_at": timezone.now(),
            "class_ids": [labels[name] for name in CLASSES],
            "temperature": 2.0,
            "image_ids": b"".join(images[place].pk.bytes for place in order),
            "class_index": np.zeros(len(images), "<u2").tobytes(),
            "probability": np.array(probabilities)[order].astype("<f2").tobytes(),
            "margin": np.array(margins)[order].astype("<f2").tobytes(),
            "group": np.zeros(len(images), "<u2").tobytes(),
            "closeness": np.ones(len(images), "<f2").tobytes(),
        },
    )


def labelled_and_not(dataset, unlabelled: int = 4):
    """A few labelled images of two classes, and unlabelled ones of a dataset; the latter."""
    for name in CLASSES:
        add_images(dataset, name, 2, labelled=True)
    return add_images(dataset, "cat", unlabelled, labelled=False, start=50)


def queue(dataset, kind: str = "unlabelled", user=None) -> ReviewSelection:
    """Choose images of a dataset for review, and do the job."""
    selection = start_selection(user=user or dataset.created_by, dataset=dataset, kind=kind)
    return run_selection(selection)


def run_selection(selection: ReviewSelection) -> ReviewSelection:
    """Do the job of a selection in this process."""
    Job.objects.filter(pk=selection.job_id).update(status="queued")
    claimed = claim(queue="io", worker="tests")
    while claimed.pk != selection.job_id:
        claimed = claim(queue="io", worker="tests")
    read_fd, write_fd = os.pipe()
    try:
        handler_of("select_review")(
            JobContext(claimed, Reporter(claimed.pk, claimed.fence, write_fd))
        )
    finally:
        os.close(read_fd)
        os.close(write_fd)
    return ReviewSelection.objects.select_related("job", "dataset").get(pk=selection.pk)


def items_of(dataset) -> list[ReviewItem]:
    """The open items of a dataset, the most uncertain first."""
    return list(ReviewItem.objects.filter(dataset=dataset).open().order_by("-uncertainty", "id"))


assert select_items
