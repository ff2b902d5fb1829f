"""The job that checks all images of a dataset, and finds which are copies of one another."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.utils import timezone

from datasets import kinds
from datasets.analysis.groups import group_ids
from datasets.analysis.label_errors import DIMENSIONS, LabelErrors, find_label_errors
from datasets.models import Dataset
from datasets.selectors.out_of_fold import out_of_fold_of
from datasets.selectors.quality_facts import Facts, facts_of
from datasets.selectors.quality_words import (
    LABEL_ERRORS_ON_REQUEST,
    LABEL_ERRORS_TO_COME,
    NO_LABEL_ERRORS,
)
from datasets.selectors.vectors import Components, components_of, vector_source
from datasets.services.quality.check_quality import start_next
from datasets.services.quality.copies import Copies, find_copies, store_groups
from datasets.services.quality.fingerprints import take_missing
from datasets.services.quality.store_quality import Found, NewItem, store_found
from datasets.services.vectors.embedding import embedder_at_hand
from datasets.work.quality_items import class_items, copy_items, label_error_items, outlier_items
from datasets.work.unchecked import NOT_LOOKED_FOR, LabelCheck, unchecked
from jobs.handlers import JobContext, handles

# More than anybody looks through; the report says how many were left away.
MOST_ITEMS = 2_000
MOST_LABEL_ERRORS = 500
# Where the check's own classifier is wrong more often than this, most suggestions are its own
# errors: only the surest are listed, of one image in twenty at most.
_TRUSTED_AGREEMENT = 0.8
_SUREST = 20

Progress = Callable[[int, int], None]


@handles(kinds.CHECK_QUALITY)
def check_quality(context: JobContext) -> None:
    """Find what is wrong with a dataset's images and labels, and store its report and groups."""
    dataset = _once_images_are_in(context.payload["dataset"])

    unreadable = take_missing(dataset, context.step("images", "Reading images"))
    facts_at = timezone.now()
    # The comparison needs most memory: what is known of the images is read after it.
    copies = find_copies(dataset, context.step("images", "Comparing images"))
    facts = facts_of(dataset)
    checked = _checked(dataset, facts, copies, context.step("rounds", "Looking for wrong classes"))
    items, cut = _at_most(checked.items, MOST_ITEMS)
    found = Found(
        items=items,
        facts_at=facts_at,
        images_checked=len(facts.checked),
        embedding=checked.labels.embedding,
        agreement=checked.labels.agreement,
        unchecked=unchecked(
            facts, unreadable, checked.labels, cut, to_come=_label_errors_to_come(dataset)
        ),
    )
    url = f"/api/v1/datasets/{dataset.pk}/quality/"
    with context.finish("quality_report", dataset.pk, url=url) as result:
        store_groups(copies)
        stored = store_found(dataset=dataset, found=found)
        if stored.wanted_again:
            asked = stored.job is not None and not stored.job.in_background
            start_next(user=context.job.created_by, report=stored, asked=asked)
        result |= {"images": len(copies.compared), "groups": len(copies.groups)}


def _label_errors_to_come(dataset: Dataset) -> str:
    """Return the sentence about images that have no embeddings yet."""
    embedder = embedder_at_hand()
    if embedder is None:
        return NO_LABEL_ERRORS
    by_itself = embedder.starts_by_itself(dataset)
    return LABEL_ERRORS_TO_COME if by_itself else LABEL_ERRORS_ON_REQUEST


def _once_images_are_in(dataset_id: str) -> Dataset:
    """Return the dataset once every import that counts on this check has added its images.

    An import that adds some while a check waits starts none (`start_quality_check`), and holds
    this lock until the images can be seen.
    """
    with transaction.atomic():
        return Dataset.objects.get(pk=dataset_id).lock()


@dataclass(frozen=True)
class _Checked:
    items: list[NewItem]
    labels: LabelCheck


def _checked(dataset: Dataset, facts: Facts, copies: Copies, on_progress: Progress) -> _Checked:
    source = vector_source(dataset)
    suspects: list[NewItem] = []
    labels = NOT_LOOKED_FOR
    if not source.is_descriptor:
        suspects, labels = _label_errors(dataset, facts, copies, on_progress)
    items = [
        *copy_items(dataset, facts, copies, source),
        *suspects,
        *class_items(facts),
        *outlier_items(facts),
    ]
    return _Checked(items, labels)


def _label_errors(
    dataset: Dataset, facts: Facts, copies: Copies, on_progress: Progress
) -> tuple[list[NewItem], LabelCheck]:
    """Look for wrong classes by a backbone's vectors; by outlines and colours half were false."""
    components = components_of(dataset, DIMENSIONS)
    classes = sorted(facts.class_names, key=lambda class_id: facts.class_names[class_id])
    labels = _labels(facts, components, {class_id: n for n, class_id in enumerate(classes)})
    heard = out_of_fold_of(
        dataset, components.ids, {class_id: facts.class_names[class_id] for class_id in classes}
    )
    errors = find_label_errors(
        components.values,
        labels,
        _group_numbers(components, copies),
        progress=on_progress,
        heard=heard.probabilities if heard else None,
    )
    most = _most_label_errors(errors, int((labels >= 0).sum()))
    check = LabelCheck(
        embedding=components.source.name,
        agreement=errors.accuracy or None,
        small_classes=[facts.class_names[classes[index]] for index in errors.unchecked_classes],
        suspected=len(errors.indices),
        listed=min(most, len(errors.indices)),
        judge=heard.title if heard and errors.heard else "",
        judged=errors.heard,
    )
    return list(label_error_items(facts, components.ids, errors, classes, most)), check


def _labels(facts: Facts, components: Components, numbers: dict) -> np.ndarray:
    """Return the class number of each image; -1 without a class and where left out."""
    given = {facts.ids[index]: numbers.get(facts.class_ids[index], -1) for index in facts.checked}
    return np.array([given.get(image_id, -1) for image_id in components.ids], np.int64)


def _group_numbers(components: Components, copies: Copies) -> np.ndarray:
    index = {image_id: number for number, image_id in enumerate(components.ids)}
    groups = [
        tuple(index[image_id] for image_id in group if image_id in index) for group in copies.groups
    ]
    return group_ids([group for group in groups if group], len(components.ids))


def _most_label_errors(errors: LabelErrors, labelled: int) -> int:
    if errors.accuracy >= _TRUSTED_AGREEMENT:
        return MOST_LABEL_ERRORS
    return min(MOST_LABEL_ERRORS, max(_SUREST, labelled // _SUREST))


def _at_most(items: list[NewItem], most: int) -> tuple[list[NewItem], list[str]]:
    """Return the first items of each kind, and of which kinds there were more."""
    kept, cut = [], []
    for kind, group in itertools.groupby(items, key=lambda item: item.kind):
        found = list(group)
        kept += found[:most]
        if len(found) > most:
            cut.append(f"{kind.label}: {len(found):,} were found, the first {most:,} are listed.")
    return kept, cut
