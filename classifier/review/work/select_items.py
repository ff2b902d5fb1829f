"""The job that chooses what people review."""

from typing import Any

from classifier.models import ModelVersion, ReviewSelection
from classifier.models.alias import CHAMPION
from classifier.review import kinds
from classifier.review.services.choose_answers import doubtful_predictions, doubtful_results
from classifier.review.services.choose_images import chosen_images
from classifier.review.services.chosen import Choice
from classifier.review.services.rank import (
    Progress,
    Ranking,
    ranking_of_contents,
    ranking_of_images,
)
from classifier.review.services.select import open_items_of, queue_chosen
from datasets.models import VectorSpace
from jobs.handlers import JobContext, handles


@handles(kinds.SELECT_REVIEW)
def select_review(context: JobContext) -> None:
    """Choose, order by diversity, and queue all of it in the transaction that ends the job."""
    rows = ReviewSelection.objects.select_related(
        "organization", "dataset__organization", "model", "batch__model_version"
    )
    selection = rows.get(pk=context.payload["review_selection"])
    context.progress(0, None, "", "Choosing what is uncertain")
    choice = _chosen(selection)
    context.check()
    on_progress = context.step("images", "Ordering by how different they are")
    ranking = _ranking(selection, choice, on_progress)
    url = f"/api/v1/review-selections/{selection.pk}/"
    with context.finish("review_selection", selection.pk, url=url) as result:
        queue_chosen(selection, choice, ranking)
        result.update(selection.counts)


def _chosen(selection: ReviewSelection) -> Choice:
    if selection.dataset is not None:
        return chosen_images(selection.dataset, selection.kind)
    if selection.batch is not None:
        return doubtful_results(selection)
    return doubtful_predictions(selection)


def _ranking(selection: ReviewSelection, choice: Choice, progress: Progress) -> Ranking:
    """Order what was chosen with what is open already of the same dataset, batch or model."""
    if selection.dataset is not None:
        ids: dict[Any, None] = {each.source_id: None for each in choice.chosen}
        ids |= dict.fromkeys(open_items_of(selection).values_list("image_id", flat=True))
        return ranking_of_images(selection.dataset, list(ids), progress)
    contents = {each.source_id: each.content for each in choice.chosen if each.content}
    return ranking_of_contents(selection.organization_id, _space(selection), contents, progress)


def _space(selection: ReviewSelection) -> VectorSpace | None:
    """Return the space of the dataset that the version which answered learned from."""
    version: ModelVersion | None
    if selection.batch is not None:
        version = selection.batch.model_version
    else:
        live = ModelVersion.objects.filter(model=selection.model_id, alias_set__alias=CHAMPION)
        version = live.first()
    learned = version.dataset_version if version is not None else None
    return learned.dataset.space if learned is not None else None
