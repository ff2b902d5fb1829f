"""What of a dataset a person is asked about, and how uncertain each of it is."""

from collections.abc import Iterator

from classifier.engine.measure.uncertainty import uncertainty_of_margins
from classifier.models import ReviewKind
from classifier.review.services.chosen import Choice, Chosen
from datasets.models import Dataset, FindingKind, Image, InstantModel, QualityMember
from datasets.selectors.quality import open_items
from datasets.selectors.suggestions import suggestions_of


def chosen_images(dataset: Dataset, kind: str) -> Choice:
    """Return the images of a dataset that `kind` names, the most uncertain first."""
    found = _unlabelled(dataset) if kind == ReviewKind.UNLABELLED else _label_errors(dataset)
    return Choice(found)


def _unlabelled(dataset: Dataset) -> Iterator[Chosen]:
    """Yield the images without a class, with what the instant model suggests."""
    images = Image.objects.alive().filter(dataset=dataset, class_label=None, excluded_at=None)
    ids = list(images.values_list("pk", flat=True))
    found = suggestions_of(dataset.pk)
    if found is None:
        yield from (Chosen(image_id, 1.0, []) for image_id in ids)
        return
    fitted = InstantModel.objects.filter(dataset=dataset)
    temperature = fitted.values_list("temperature", flat=True).first() or 1.0
    uncertainty = uncertainty_of_margins(found.arrays.margin, temperature).tolist()
    for image_id in ids:
        row = found.arrays.row_of(image_id)
        suggestion = None if row is None else found.at(row)
        if row is None or suggestion is None:
            yield Chosen(image_id, 1.0, [])
        else:
            top = {
                "class_name": suggestion.class_name,
                "probability": suggestion.probability,
            }
            yield Chosen(image_id, uncertainty[row], [top])


def _label_errors(dataset: Dataset) -> Iterator[Chosen]:
    """Yield the images whose label the last quality check doubts.

    The uncertainty is the check's own score: how much more probable the other class is.
    """
    items = open_items(dataset.pk).filter(kind=FindingKind.LABEL_ERROR)
    rows = QualityMember.objects.filter(
        item__in=items.values("pk"), position=0, image__deleted_at=None, image__excluded_at=None
    ).select_related("item__suggested_class")
    for member in rows.order_by("item__rank"):
        item = member.item
        suggested = item.suggested_class
        top = [{"class_name": suggested.name, "probability": None}] if suggested else []
        score = min(1.0, max(0.0, item.score))
        yield Chosen(member.image_id, score, top, given_class_id=item.given_class_id)
