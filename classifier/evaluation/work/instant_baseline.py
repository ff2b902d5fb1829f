"""What an instant model of the same version makes of the same split: what a report has to beat."""

import numpy as np

from classifier.engine.measure.report import InstantFigures
from datasets.models import DatasetVersion, InstantModel, Sample, Split
from datasets.selectors.vectors import vectors_of_contents


def instant_baseline(version: DatasetVersion, split: Split) -> InstantFigures | None:
    """Return how a head fitted on the version's train split does on another split.

    It is the recipe of the instant model, on vectors that are there; none is made for it. None for
    the train split, where an image of the split has no vector, and with fewer than two classes.
    """
    # scikit-learn is for workers alone.
    from classifier.engine.instant.head import fit_head

    space = version.dataset.space
    if space is None or split == Split.TRAIN:
        return None
    organization = version.dataset.organization_id
    asked = _samples(version, split)
    test = vectors_of_contents(organization, [sha256 for sha256, _ in asked], space)
    if test.missing or not asked:
        return None
    taught = _samples(version, Split.TRAIN)[: InstantModel.MOST_LABELLED]
    train = vectors_of_contents(organization, [sha256 for sha256, _ in taught], space)
    missing = set(train.missing)
    known = np.array([sha256 not in missing for sha256, _ in taught], bool)
    labels = np.array([index for _, index in taught], np.int64)[known]
    if len(set(labels.tolist())) < 2:
        return None
    head = fit_head(train.values[known], labels, len(version.class_names))
    predicted = head.logits(test.values).argmax(axis=1)
    truth = np.array([index for _, index in asked], np.int64)
    return InstantFigures(
        accuracy=float((predicted == truth).mean()),
        learned_from=len(labels),
        embedding=space.name,
    )


def _samples(version: DatasetVersion, split: Split) -> list[tuple[str, int]]:
    """Return the split's contents with their classes, in an order of chance: by hash."""
    samples = Sample.objects.kept().filter(version=version, split=split)
    rows = samples.order_by("sha256", "id")
    return list(rows.values_list("sha256", "class_index"))
