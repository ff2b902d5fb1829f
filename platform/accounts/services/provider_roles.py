"""Roles that the OpenID provider's groups give."""

import logging
from collections.abc import Collection, Mapping

from django.db import transaction

from accounts.models import Membership, Organization, User
from accounts.roles import Role
from accounts.selectors.members import has_another_owner
from accounts.services import audit

logger = logging.getLogger(__name__)


@transaction.atomic
def apply_groups(
    *, user: User, groups: Collection[str], mapping: Mapping[str, Mapping[str, str]]
) -> None:
    """Give, change and take back the memberships that `mapping` ({group: {slug: role}}) speaks of.

    Of several groups the most powerful role counts. Memberships given by hand stay as they are, and
    so does the last owner of an organization.
    """
    named = {slug for roles in mapping.values() for slug in roles}
    organizations = Organization.objects.select_for_update().filter(slug__in=named).order_by("pk")
    found = {organization.slug: organization for organization in organizations}
    for slug in sorted(named - set(found)):
        logger.warning("LOUPE_OIDC_GROUP_ROLES names %r, which is no organization", slug)
    for slug, organization in found.items():
        given = [roles for group, roles in mapping.items() if group in groups and slug in roles]
        roles = [Role(roles[slug]) for roles in given]
        role = max(roles, key=list(Role).index) if roles else None
        _apply(user, organization, role)


def _apply(user: User, organization: Organization, role: Role | None) -> None:
    membership = Membership.objects.filter(user=user, organization=organization).first()
    if membership is None and role is not None:
        membership = Membership.objects.create(
            user=user, organization=organization, role=role, from_provider=True
        )
        _record(membership, "member.add", before=None, after=role.value)
    elif membership is None or not membership.from_provider or membership.role == role:
        return
    elif role is not Role.OWNER and not has_another_owner(organization, user):
        logger.warning("%s stays: the last owner of %s", user, organization)
    elif role is None:
        _record(membership, "member.remove", before=membership.role, after=None)
        membership.delete()
    else:
        _record(membership, "member.change_role", before=membership.role, after=role.value)
        membership.role = role
        membership.save(update_fields=["role"])


def _record(membership: Membership, action: str, **change: str | None) -> None:
    audit.record(
        actor=None,
        action=action,
        target=membership,
        member=membership.user.get_username(),
        by="groups of the OpenID provider",
        **change,
    )
