"""A person says that an image's class is right, though something takes it for another."""

from django.db import transaction
from django.db.models import F

from accounts.models import User
from common.errors import Conflict
from datasets.models import (
    ClassLabel,
    Dataset,
    FindingKind,
    Image,
    QualityItem,
    QualityMember,
    QualityReport,
)
from datasets.policies import require_editable
from datasets.services.quality.dismiss_item import set_dismissed
from datasets.services.quality.store_quality import NewItem, about_label, next_rank


@transaction.atomic
def keep_label(*, user: User, image: Image, expected_class: str, instead_of: str) -> QualityItem:
    """Dismiss the label error of an image, also one that no check has found; return it.

    `instead_of` names the class that it is taken for. A check that finds the same later knows the
    answer. Raises `NotFound`, `Forbidden`, `InTrash`, and `Conflict` where the image has another
    class than `expected_class`, or none.
    """
    dataset = image.dataset
    require_editable(user=user, dataset=dataset)
    dataset.lock()
    image = Image.objects.alive().select_related("class_label").get(pk=image.pk)
    label = image.class_label
    if label is None or label.name != expected_class:
        raise Conflict(
            f"{image.name} is “{label.name if label else 'not labelled'}” by now; you saw "
            f"“{expected_class}”.",
            code="changed_meanwhile",
            hint="Look at it again, then decide.",
        )
    known = QualityItem.objects.filter(
        report=dataset.pk, kind=FindingKind.LABEL_ERROR, given_class=label, members__image=image
    )
    known = known.select_related("report__dataset__organization")
    item = known.order_by(F("dismissed_at").desc(nulls_first=True)).first()
    if item is None:
        item = _new_item(dataset, image, label, instead_of)
    return set_dismissed(user=user, item=item, dismissed=True)


def _new_item(dataset: Dataset, image: Image, given: ClassLabel, instead_of: str) -> QualityItem:
    report, _ = QualityReport.objects.get_or_create(dataset=dataset)
    # That a label is right is also said where nothing doubts it.
    others = ClassLabel.objects.filter(dataset=dataset, name=instead_of).exclude(pk=given.pk)
    suggested = others.first()
    about = about_label(image.pk, given.pk, suggested.pk if suggested else None)
    item = QualityItem.objects.create(
        report=report,
        kind=FindingKind.LABEL_ERROR,
        by_person=True,
        rank=next_rank(report),
        fact=NewItem(FindingKind.LABEL_ERROR, about).fact,
        given_class=given,
        suggested_class=suggested,
    )
    QualityMember.objects.create(item=item, image=image, position=0)
    return item
