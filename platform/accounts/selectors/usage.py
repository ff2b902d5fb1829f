"""What organizations and people have of each quota, and what they may have.

The apps above register how what is theirs is counted, from `AppConfig.ready()`.
"""

from collections.abc import Callable
from typing import NamedTuple

import redis
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts import hourly
from accounts.models import APIToken, Membership, Organization, User
from accounts.quotas import PersonalQuota, Quota
from accounts.roles import Role

Counter = Callable[[Organization], int]


class Usage(NamedTuple):
    """`allowed` is None where nothing bounds it."""

    used: int
    allowed: int | None


def predictions_key(organization: Organization) -> str:
    """Return where Redis counts the organization's predictions of the hour."""
    return f"loupe:quota:{Quota.PREDICTIONS.value}:{organization.pk}"


class UsageRow(NamedTuple):
    """A quota as the page shows it."""

    quota: Quota
    used: int
    allowed: int | None

    @property
    def title(self) -> str:
        """What people call the quota."""
        return self.quota.label

    @property
    def note(self) -> str:
        """What counts."""
        return self.quota.note

    @property
    def used_text(self) -> str:
        """What is used, for people."""
        return self.quota.shown(self.used)

    @property
    def allowed_text(self) -> str:
        """What is allowed, for people."""
        return "" if self.allowed is None else self.quota.shown(self.allowed)

    @property
    def shown(self) -> int:
        """What the bar shows: never more than there is of it."""
        return min(self.used, self.allowed or 0)

    @property
    def is_full(self) -> bool:
        """Whether nothing more is let in."""
        return self.allowed is not None and self.used >= self.allowed

    @property
    def is_tight(self) -> bool:
        """Whether a tenth or less is left."""
        return self.allowed is not None and self.used >= self.allowed * 0.9


_counters: dict[Quota, Counter] = {
    Quota.PREDICTIONS: lambda organization: hourly.used(predictions_key(organization)),
}

_further: dict[Quota, list[Counter]] = {}


def register(quota: Quota, counter: Counter) -> None:
    """Make known how a quota is counted; of one quota the last counter stays."""
    _counters[quota] = counter


def register_further(quota: Quota, counter: Counter) -> None:
    """Have what an app above keeps of the same kind counted on top; twice changes nothing."""
    further = _further.setdefault(quota, [])
    further.extend(each for each in [counter] if each not in further)


def used_of(organization: Organization, quota: Quota) -> int:
    """Return how much the organization has now."""
    further = sum(counter(organization) for counter in _further.get(quota, []))
    return _counters[quota](organization) + further


def seconds_of_the_hour_left(organization: Organization) -> int:
    """Return after how many seconds its predictions are counted from nothing again (1 to 3600)."""
    try:
        return hourly.seconds_left(predictions_key(organization))
    except redis.RedisError:
        return hourly.HOUR


def allowed_for(organization: Organization, quota: Quota) -> int | None:
    """Return how much it may have: as an operator has set, else as the installation allows."""
    own: int | None = getattr(organization, quota.field)
    return settings.QUOTAS[quota.value] if own is None else own


def usage_of(organization: Organization) -> dict[Quota, Usage]:
    """Return every quota of the organization."""
    return {
        quota: Usage(used_of(organization, quota), allowed_for(organization, quota))
        for quota in Quota
    }


def usage_rows(organization: Organization) -> list[UsageRow]:
    """Return every quota as the page of the organization shows it."""
    return [UsageRow(quota, *figures) for quota, figures in usage_of(organization).items()]


def personal_usage(user: User, quota: PersonalQuota) -> Usage:
    """Return what a person has: organizations that they own, or tokens that have not ended.

    What the provider's groups have made them owner of does not count.
    """
    if quota is PersonalQuota.ORGANIZATIONS:
        owned = Membership.objects.filter(user=user, role=Role.OWNER, from_provider=False)
        used = owned.count()
    else:
        alive = Q(expiry=None) | Q(expiry__gt=timezone.now())
        used = APIToken.objects.filter(alive, user=user).count()
    return Usage(used, settings.QUOTAS[f"{quota.value}_per_person"])
