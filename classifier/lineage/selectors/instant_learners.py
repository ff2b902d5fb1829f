"""Versions of instant models, and what was made of them, that may have learned from an image.

An instant model learns from the labels of a moment, and which these were was not written down: it
may have learned from each image that had a label then.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from classifier.lineage.selectors.held import Held
from classifier.models import ModelVersion
from datasets.models import Image, Split

# Since when an image was there, and until when.
_Span = tuple[datetime, datetime | None]


def instant_learners(
    own: QuerySet[ModelVersion], images: Collection[Image], held: Sequence[Held]
) -> Iterator[ModelVersion]:
    """Yield those of `own`; one that two instant models are behind may come twice."""
    spans = _spans(images, held)
    for version in own.filter(instant_model__dataset__in=list(spans)) if spans else ():
        dataset = (version.instant_model or {})["dataset"]
        if _was_there(spans[dataset], version.created_at):
            yield version
    for dataset, known in spans.items():
        named = [{"dataset": dataset}]
        made_of_it = own.select_related("copied_from").filter(
            Q(distilled__instant_models__contains=named)
            | Q(ensemble__instant_models__contains=named)
            | Q(copied_from__instant_models__contains=named)
        )
        for version in made_of_it:
            behind = (each for each in version.instant_models if each["dataset"] == dataset)
            if any(_was_there(known, datetime.fromisoformat(each["made_at"])) for each in behind):
                yield version


def _spans(images: Collection[Image], held: Sequence[Held]) -> dict[str, list[_Span]]:
    """Return, by dataset, when images were there from which its instant model learns."""
    # What a version tests on is held out of the instant model, and an unlabelled one teaches none.
    tested = {pk for each in held if Split.TEST in each.splits for pk in each.image_ids}
    spans: dict[str, list[_Span]] = {}
    for image in images:
        forgotten = image.forgetting
        labelled = image.class_label_id is not None or forgotten is not None
        if labelled and image.pk not in tested:
            until = forgotten.erased_at if forgotten is not None else None
            spans.setdefault(str(image.dataset_id), []).append((image.created_at, until))
    return spans


def _was_there(spans: Sequence[_Span], moment: datetime) -> bool:
    return any(since < moment and (until is None or moment < until) for since, until in spans)
