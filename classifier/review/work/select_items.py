"""The job that chooses what people review."""

from typing import Any

from classifier.models import ModelVersion, ReviewKind, ReviewSelection
from classifier.models.alias import CHAMPION
from classifier.review import kinds
from classifier.review.services.choose_answers import doubtful_predictions, doubtful_results
from classifier.review.services.choose_images import chosen_images
from classifier.review.services.chosen import Choice
from classifier.review.services.rank import (
    Progress,
    Ranking,
    ranking_of_images,
    ranking_of_vectors,
)
from classifier.review.services.select import COLUMNS, open_items_of, queue_chosen
from classifier.review.work.answer_vectors import (
    MOST_COMPARED,
    files_of_predictions,
    files_of_results,
    vectors_of_answers,
)
from jobs.handlers import JobContext, JobFailed, handles


@handles(kinds.SELECT_REVIEW)
def select_review(context: JobContext) -> None:
    """Choose, order by diversity, and queue all of it in the transaction that ends the job."""
    rows = ReviewSelection.objects.select_related(
        "organization", "dataset__organization", "model", "batch__model_version"
    )
    selection = rows.filter(pk=context.payload["review_selection"]).first()
    if selection is None:
        raise JobFailed("gone", "What was chosen of is gone: it was deleted, or its time was over.")
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
    column = COLUMNS[ReviewKind(selection.kind)]
    sources: dict[Any, None] = {each.source_id: None for each in choice.chosen}
    open_items = open_items_of(selection).order_by("-uncertainty", "id")
    sources |= dict.fromkeys(open_items.values_list(column, flat=True))
    if selection.dataset is not None:
        return ranking_of_images(selection.dataset, list(sources), progress)
    version = _version(selection)
    if version is None:
        return Ranking()
    files = files_of_results if selection.batch_id else files_of_predictions
    wanted = files(list(sources)[:MOST_COMPARED])
    found, vectors = vectors_of_answers(version, wanted, progress)
    return ranking_of_vectors(found, vectors, f"the network of version {version.number}")


def _version(selection: ReviewSelection) -> ModelVersion | None:
    """Return the version that answered, or of predictions of several, the live one."""
    if selection.batch is not None:
        return selection.batch.model_version
    versions = ModelVersion.objects.filter(model=selection.model_id)
    return versions.filter(alias_set__alias=CHAMPION).first()
