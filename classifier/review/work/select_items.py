"""The job that chooses what people review."""

from typing import cast

from classifier.models import ReviewItem, ReviewSelection
from classifier.review import kinds
from classifier.review.services.choose import chosen_images
from classifier.review.services.rank import ranking_of
from classifier.review.services.select import queue_images
from datasets.models import Dataset
from jobs.handlers import JobContext, handles


@handles(kinds.SELECT_REVIEW)
def select_review(context: JobContext) -> None:
    """Choose, order by diversity, and queue all of it in the transaction that ends the job."""
    rows = ReviewSelection.objects.select_related("dataset__organization")
    selection = rows.get(pk=context.payload["review_selection"])
    dataset = cast(Dataset, selection.dataset)
    context.progress(0, None, "", "Choosing images")
    chosen = chosen_images(dataset, selection.kind)
    context.check()
    open_ids = ReviewItem.objects.filter(dataset=dataset).open().values_list("image_id", flat=True)
    ids = {each.image_id for each in chosen} | set(open_ids)
    ranking = ranking_of(
        dataset,
        ids,
        chosen[0].image_id if chosen else None,
        context.step("images", "Ordering by how different they are"),
    )
    url = f"/api/v1/review-selections/{selection.pk}/"
    with context.finish("review_selection", selection.pk, url=url) as result:
        queue_images(selection, chosen, ranking)
        result.update(selection.counts)
