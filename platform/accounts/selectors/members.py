"""Who is in an organization."""

import uuid

from django.db.models import QuerySet

from accounts.models import Membership, Organization, User
from accounts.roles import Role
from common.errors import NotFound


def members_of(organization: Organization) -> QuerySet[Membership]:
    """Return the memberships with their people, oldest first."""
    return (
        Membership.objects.filter(organization=organization)
        .select_related("user", "organization")
        .order_by("created_at", "id")
    )


def member_by_name(organization: Organization, username: str) -> Membership:
    """Return one member's membership; raises `NotFound`."""
    known = User.normalize_username(username)
    named = members_of(organization).filter(user__username__iexact=known)
    # Postgres has no string with a NUL, so no one has such a name.
    membership = None if "\x00" in username else named.first()
    if membership is None:
        raise NotFound(f"{organization.name} has no member {username!r}.")
    return membership


def member_by_id(organization: Organization, membership_id: uuid.UUID) -> Membership:
    """Return one membership of the organization; raises `NotFound`."""
    membership = members_of(organization).filter(pk=membership_id).first()
    if membership is None:
        raise NotFound(f"{organization.name} has no such member.")
    return membership


def has_another_owner(organization: Organization, user: User) -> bool:
    """Whether the organization keeps an owner without `user`."""
    owners = Membership.objects.filter(organization=organization, role=Role.OWNER)
    return owners.exclude(user=user).exists()
