"""Ask that an image be forgotten."""

import uuid
from collections.abc import Collection

from django.db import transaction

from accounts.models import User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from classifier.lineage import kinds
from classifier.lineage.selectors.bars import bars_to
from classifier.lineage.selectors.held import copies_of, datasets_with, held_by
from common.errors import Conflict, FieldError, Invalid
from common.sentences import listed
from datasets.models import Forgetting, Image
from datasets.models.forgetting import MOST_REASON
from jobs.services.enqueue import enqueue


@transaction.atomic
def start_forgetting(
    *, user: User, image: Image, reason: str, datasets: Collection[uuid.UUID] = ()
) -> Forgetting:
    """Have a job forget the image's content in its dataset, and in `datasets` that hold it, too.

    All its copies in a dataset go: the content is one. `reason` has 1 to 500 characters, and stays.
    Raises `NotFound`, `Forbidden` below admin, `Invalid`, `Conflict` (`in_use`) while work on a
    version that holds it has not ended, (`under_way`) while it is being forgotten already, and
    (`too_many_open`).
    """
    organization = image.dataset.organization
    require_role(user=user, organization=organization, role=Role.ADMIN)
    reason = _checked(reason)
    # Two requests at once must see each other.
    image.dataset.lock()
    holders = {each.pk: images for each, images in datasets_with(copies_of(image)).items()}
    wanted = {image.dataset_id, *datasets}
    if unknown := sorted(str(pk) for pk in wanted - holders.keys()):
        detail = f"datasets must hold the same image; {listed(unknown)} does not."
        raise Invalid(detail, errors=[FieldError("/datasets", "does_not_exist", detail)])
    ids = [each.pk for pk in wanted for each in holders[pk]]
    _require_free(organization.pk, image.sha256, ids)
    forgetting = Forgetting(
        organization=organization,
        sha256=image.sha256,
        dataset_ids=sorted(wanted),
        image_ids=ids,
        reason=reason,
        created_by=user,
    )
    forgetting.job = enqueue(
        kind=kinds.FORGET_IMAGE,
        organization=organization,
        created_by=user,
        title="Forgetting of an image",
        payload={"forgetting": str(forgetting.pk)},
    )
    forgetting.save()
    # Neither name nor hash: an entry of the audit log is never deleted.
    audit.record(
        actor=user,
        action="image.forget",
        target=forgetting,
        reason=reason,
        images=len(ids),
        datasets=[str(pk) for pk in forgetting.dataset_ids],
        versions=[str(each.version.pk) for each in held_by(ids)],
    )
    return forgetting


def _checked(reason: str) -> str:
    text = reason.strip()
    if not 1 <= len(text) <= MOST_REASON:
        detail = f"reason must have 1 to {MOST_REASON} characters; received {len(text)}."
        raise Invalid(detail, errors=[FieldError("/reason", "invalid", detail)])
    return text


def _require_free(organization_id: uuid.UUID, sha256: str, image_ids: list[uuid.UUID]) -> None:
    under_way = Forgetting.objects.filter(
        organization=organization_id, sha256=sha256, erased_at=None
    ).exclude(job__status__in=("failed", "cancelled"))
    if under_way.exists():
        raise Conflict("This image is being forgotten already.", code="under_way")
    if bars := bars_to(organization_id, [each.version.pk for each in held_by(image_ids)]):
        raise Conflict(" ".join(bars), code="in_use")
