"""Invitations: what a link's secret opens, and for how long."""

import hashlib
import uuid

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Invitation, Organization, User
from accounts.policies import require_grant
from accounts.roles import Role
from common.errors import DomainError, NotFound


def digest_of(secret: str) -> str:
    """Return what is stored of a link's secret (its SHA-256; the secret has 256 random bits)."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def is_open(invitation: Invitation) -> bool:
    """Whether the link still works: unused, in time, and from someone who may still invite."""
    if invitation.accepted_at is not None or invitation.expires_at <= timezone.now():
        return False
    if not invitation.invited_by.is_active:
        return False
    try:
        require_grant(
            user=invitation.invited_by,
            organization=invitation.organization,
            role=Role(invitation.role),
        )
    except DomainError:
        return False
    return True


def open_invitations(user: User) -> QuerySet[Invitation]:
    """Return the unused, unexpired invitations of organizations that `user` administers."""
    return (
        Invitation.objects.for_user(user, Role.ADMIN)
        .filter(accepted_at=None, expires_at__gt=timezone.now())
        .select_related("organization", "invited_by")
        .order_by("-created_at", "-id")
    )


def invitation_by_secret(secret: str) -> Invitation:
    """Return the invitation that a link's secret opens; raises `NotFound` unless it still works."""
    invitation = (
        Invitation.objects.select_related("organization", "invited_by")
        .filter(digest=digest_of(secret))
        .first()
    )
    if invitation is None or not is_open(invitation):
        raise NotFound(
            "This invitation does not exist, was used, or has expired. Ask for a new link.",
            code="invitation_invalid",
        )
    return invitation


def open_invitation(user: User, organization: Organization, invitation_id: uuid.UUID) -> Invitation:
    """Return one open invitation of an organization that `user` administers; raises `NotFound`."""
    found = open_invitations(user).filter(organization=organization, pk=invitation_id).first()
    if found is None:
        raise NotFound(f"{organization.name} has no such open invitation.")
    return found
