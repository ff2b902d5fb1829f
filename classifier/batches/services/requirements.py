"""What a batch of predictions may be asked for, and by whom."""

import uuid
from collections.abc import Sequence

from django.conf import settings

from accounts.errors import QuotaExceeded
from accounts.models import Organization, User
from accounts.selectors.sharing import acting_organization
from accounts.sharing import Subject
from classifier.batches.errors import CannotPredict
from classifier.batches.selectors.limits import images_today
from classifier.models import BatchPrediction, ModelVersion
from common.errors import Forbidden, Invalid, NotFound
from common.sentences import listed
from datasets.models import Dataset, Image
from datasets.selectors.gallery import Filters

# Of images that are named one by one.
MOST_NAMED = 10_000
# Readers of a shared dataset would learn by them who labelled what.
_OF_MEMBERS = ("suggested_class", "excluded", "issue", "labelled_by", "came_with_class")


def require_size(batch: BatchPrediction) -> None:
    """Raise `CannotPredict` or `Invalid` for no images or too many, `QuotaExceeded` for a day's.

    Within a transaction: it locks the organization.
    """
    if batch.image_count == 0:
        raise CannotPredict(
            f"No image of {batch.source_name} matches: there is nothing to ask about.",
            code="no_images",
        )
    most = settings.BATCH_MAX_IMAGES
    if batch.image_count > most:
        raise Invalid(
            f"A batch may have {most:,} images; {batch.source_name} has more. Choose a part of "
            "them.",
            code="too_many_images",
        )
    # Others who start one at this moment wait here.
    organization = Organization.objects.select_for_update(no_key=True).get(pk=batch.organization_id)
    used, allowed = images_today(organization), settings.BATCH_IMAGES_A_DAY
    if used + batch.image_count > allowed:
        raise QuotaExceeded(
            f"{organization.name} may begin {allowed:,} images of batches in 24 hours; it has "
            f"begun {used:,}, and this would be {batch.image_count:,} more.",
            hint="Wait, or ask the operator of this Loupe for more.",
        )


def require_answering(version: ModelVersion) -> None:
    """Raise `CannotPredict` where the version has no file that answers.

    A built-in one makes its own.
    """
    if version.served_file is None and not version.model.built_in:
        raise CannotPredict(
            f"{version} has no file that answers, so it cannot be asked. Choose another version.",
            code="no_file",
        )


def organization_for(user: User, version: ModelVersion, *of_images: Subject) -> Organization:
    """Return the organization of the user's that may read all: its batch it is."""
    model = version.model.subject
    subjects = [*of_images, *([model] if model.organization or not of_images else [])]
    try:
        return acting_organization(user, subjects)
    except NotFound:
        for subject in subjects:
            acting_organization(user, [subject])
        raise CannotPredict(
            "The model and the images must belong to the same organization, or be shared with it.",
            code="other_organization",
        ) from None


def require_filters(dataset: Dataset, organization: Organization, filters: Filters) -> None:
    """Raise `Invalid` or `Forbidden` where the organization may not choose images by these."""
    if filters.trash:
        raise Invalid("Images in the trash are not asked about. Restore them first.")
    asked = [name for name in _OF_MEMBERS if name in filters.values]
    if asked and dataset.organization_id != organization.pk:
        raise Forbidden(
            f"{listed(asked)}: only members of the organization that shares this dataset may "
            "filter by that.",
            code="shared_read_only",
        )


def those_named(dataset: Dataset, images: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Return each id once; raises `Invalid` for too many, or for one that the dataset lacks."""
    wanted = set(images)
    if len(wanted) > MOST_NAMED:
        raise Invalid(
            f"Up to {MOST_NAMED:,} images may be named; received {len(wanted):,}. Filter the "
            "dataset instead.",
            code="too_many_images",
        )
    there = Image.objects.alive().filter(dataset=dataset, pk__in=wanted)
    missing = wanted - set(there.values_list("pk", flat=True))
    if missing:
        raise Invalid(
            f"{len(missing):,} of the images are not in {dataset.name}, or in its trash: "
            f"{listed(sorted(map(str, missing)), most=3)}."
        )
    return list(wanted)
