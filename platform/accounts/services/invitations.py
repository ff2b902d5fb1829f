"""Invite people by a link, and accept such a link."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Invitation, Membership, Organization, User
from accounts.policies import require_grant
from accounts.quotas import PersonalQuota
from accounts.roles import Role
from accounts.selectors.invitations import digest_of, invitation_by_secret
from accounts.services import audit
from accounts.services.quotas import take_personal
from common.errors import Conflict

VALID_FOR = timedelta(days=7)


@transaction.atomic
def invite(*, user: User, organization: Organization, role: Role) -> tuple[Invitation, str]:
    """Make a link's secret that lets one person join with `role` within seven days.

    Returns the row and the secret, which is stored nowhere. Admins invite up to admin, only
    owners invite owners.
    """
    require_grant(user=user, organization=organization, role=role)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organization=organization,
        role=role,
        digest=digest_of(secret),
        invited_by=user,
        expires_at=timezone.now() + VALID_FOR,
    )
    audit.record(actor=user, action="invitation.create", target=invitation, role=role.value)
    return invitation, secret


@transaction.atomic
def withdraw_invitation(*, user: User, invitation: Invitation) -> None:
    """Make an open link useless."""
    role = Role(invitation.role)
    require_grant(user=user, organization=invitation.organization, role=role)
    audit.record(actor=user, action="invitation.withdraw", target=invitation, role=role.value)
    invitation.delete()


@transaction.atomic
def accept_invitation(*, user: User, secret: str) -> Membership:
    """Make `user` a member by a link's secret; each link works once.

    Raises `NotFound` for a link that is unknown, used, expired, or whose inviter may no longer
    invite, and `Conflict` for someone who is a member already (the link stays good for another);
    `QuotaExceeded` for one who would own too many organizations.
    """
    invitation = invitation_by_secret(secret)
    # The organization's lock, which every change of members takes; the link may have been used
    # while this waited for it.
    organization = invitation.organization.lock()
    invitation = invitation_by_secret(secret)
    member = Membership.objects.filter(organization=organization, user=user).first()
    if member is not None:
        raise Conflict(
            f"You are a member of {organization.name} already, with the role {member.role}.",
            code="already_member",
        )
    return _join(user, invitation)


def _join(user: User, invitation: Invitation) -> Membership:
    if invitation.role == Role.OWNER:
        take_personal(user=user, quota=PersonalQuota.ORGANIZATIONS)
    membership = Membership.objects.create(
        organization=invitation.organization, user=user, role=invitation.role
    )
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    audit.record(
        actor=user,
        action="member.join",
        target=membership,
        role=invitation.role,
        invitation=str(invitation.pk),
        invited_by=invitation.invited_by.get_username(),
    )
    return membership
