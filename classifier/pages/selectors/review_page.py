"""What the page of the review queue shows: its parts, and where answers may go."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F
from django.urls import reverse

from accounts.models import Membership, Organization, User
from accounts.roles import Role
from classifier.models import ModelVersion, RegisteredModel, ReviewItem
from classifier.models.alias import CHAMPION
from classifier.review.selectors.items import visible_items
from datasets.models import Dataset

_ANY = uuid.UUID(int=0)


@dataclass(frozen=True)
class Part:
    """A part of the queue that can be looked at alone: of a dataset, or of a model."""

    kind: str
    pk: uuid.UUID
    name: str
    count: int

    @property
    def key(self) -> str:
        """How an address names it."""
        return f"{self.kind}={self.pk}"


def organizations_with_work(user: User) -> list[tuple[Organization, int, bool]]:
    """Return the user's organizations that have open items, how many, and whether they answer."""
    counts = dict(
        ReviewItem.objects.for_user(user)
        .open()
        .order_by()
        .values_list("organization")
        .annotate(count=Count("pk"))
    )
    memberships = Membership.objects.filter(user=user, organization__in=counts)
    rows = memberships.select_related("organization").order_by("organization__name")
    answering = Role.EDITOR.at_least()
    return [(row.organization, counts[row.organization_id], row.role in answering) for row in rows]


def parts_of(user: User, organization: Organization) -> list[Part]:
    """Return the datasets and models that open items of an organization are of, most first."""
    rows = visible_items(user).filter(organization=organization).open().order_by()
    found = []
    for kind in ("dataset", "model"):
        of_kind = rows.filter(**{f"{kind}__isnull": False})
        counted = of_kind.values_list(kind, f"{kind}__name").annotate(count=Count("pk"))
        found += [Part(kind, pk, name, count) for pk, name, count in counted]
    return sorted(found, key=lambda each: (-each.count, each.name))


def datasets_for_answers(user: User, organization: Organization) -> list[Dataset]:
    """Return the datasets that answers about predictions and batches may go into."""
    rows = Dataset.objects.for_user(user, Role.EDITOR).alive().filter(organization=organization)
    return list(rows.order_by("name")[:500])


def learned_datasets(models: list[RegisteredModel] | Any) -> dict[str, str]:
    """Return the dataset that the live version of each model learned from, by the model's id."""
    live = ModelVersion.objects.filter(
        model__in=models,
        alias_set__alias=CHAMPION,
        dataset_version__dataset__deleted_at=None,
        dataset_version__dataset__organization=F("model__organization"),
    )
    rows = live.values_list("model", "dataset_version__dataset")
    return {str(model_id): str(dataset_id) for model_id, dataset_id in rows if dataset_id}


def with_id(name: str) -> str:
    """Return an address that has `{id}` where the id of something stands."""
    return reverse(name, args=[_ANY]).replace(str(_ANY), "{id}")
