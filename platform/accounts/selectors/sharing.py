"""Who shares what with whom, and for which organization a person works on something shared."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Membership, Organization, Share, User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.selectors.organizations import default_organization, memberships_of
from accounts.sharing import OFFER_DAYS, Subject
from common.errors import Forbidden, NotFound


def shares_of(subject: Subject) -> QuerySet[Share]:
    """Return with whom an object is shared, and to whom it is offered, newest first."""
    return (
        Share.objects.current()
        .filter(kind=subject.kind, subject=subject.pk)
        .select_related("receiver", "organization")
        .order_by("-created_at", "-id")
    )


def shares_with(organization: Organization) -> QuerySet[Share]:
    """Return what is shared with an organization and offered to it, newest first."""
    return (
        Share.objects.current()
        .filter(receiver=organization)
        .select_related("organization", "receiver")
        .order_by("-created_at", "-id")
    )


def visible_share(user: User, share_id: uuid.UUID) -> Share:
    """Return a share that an organization of the user's gives or gets; raises `NotFound`."""
    mine = Membership.objects.filter(user=user).values("organization")
    share = (
        Share.objects.current()
        .filter(Q(organization__in=mine) | Q(receiver__in=mine), pk=share_id)
        .select_related("organization", "receiver")
        .first()
    )
    if share is None:
        raise NotFound("There is no such share, or you may not see it.")
    return share


def may_read(
    organization: Organization, subject: Subject, *, to_copy: bool = False, hold: bool = False
) -> bool:
    """Whether the organization has the object, or it is shared with it now, `to_copy`: also that.

    `hold`: to end the sharing waits for the end of the caller's transaction.
    """
    if subject.organization is None:
        return not to_copy
    if subject.organization.pk == organization.pk:
        return True
    shares = Share.objects.accepted().filter(
        kind=subject.kind, subject=subject.pk, receiver=organization
    )
    if to_copy:
        shares = shares.filter(may_copy=True)
    return bool(shares.select_for_update()) if hold else shares.exists()


def acting_organization(
    user: User,
    subjects: Sequence[Subject],
    *,
    role: Role = Role.EDITOR,
    into: Organization | None = None,
) -> Organization:
    """Return the organization of the user's that works on all these objects; call in a transaction.

    One that has the first of them goes before others; then the personal one, then by name; `into`
    allows no other. Raises `Forbidden` where the user's role is too low, `NotFound` for what they
    may not see.
    """
    found = [membership for membership in memberships_of(user) if _fits(membership, into, subjects)]
    owner = subjects[0].organization if subjects else None
    found.sort(key=lambda membership: owner is None or membership.organization_id != owner.pk)
    for membership in found:
        if Role(membership.role) in role.at_least():
            return membership.organization
    if found:
        require_role(user=user, organization=found[0].organization, role=role)
    raise NotFound("There is no such object.")


def _fits(membership: Membership, into: Organization | None, subjects: Sequence[Subject]) -> bool:
    organization = membership.organization
    if into is not None and organization.pk != into.pk:
        return False
    return all(may_read(organization, subject, hold=True) for subject in subjects)


def require_copyable(
    user: User | None, subject: Subject, organization: Organization, *, hold: bool = False
) -> None:
    """Let an editor of `organization` copy an object into it.

    They are an editor, too, where it belongs, or it is shared with `organization` with leave to
    copy it; `hold`: to the end of the caller's transaction. Without a user, whose account is gone,
    what the organizations allow decides. Raises `NotFound`, `Forbidden`.
    """
    owner = subject.organization
    if owner is None:
        raise Forbidden(f"{subject.name} is built in: everyone has it.")
    if user is None:
        if owner.pk == organization.pk or may_read(organization, subject, to_copy=True, hold=hold):
            return
        raise Forbidden(f"{subject.name} is not shared with {organization.name} to be copied.")
    require_role(user=user, organization=organization, role=Role.EDITOR)
    editors = Organization.objects.for_user(user, Role.EDITOR)
    if editors.filter(pk=owner.pk).exists():
        return
    if may_read(organization, subject, to_copy=True, hold=hold):
        return
    if may_read(organization, subject):
        raise Forbidden(
            f"{owner.name} shares {subject.name} with {organization.name} to read, not to copy.",
            code="copy_not_allowed",
            hint=f"An admin of {owner.name} can end that and share it again with leave to copy.",
        )
    require_role(user=user, organization=owner, role=Role.EDITOR)


def payer(user: User, subject: Subject) -> Organization:
    """Return on whose account a person asks a model that `for_reader` let pass: their own side's.

    Raises `Invalid` for one without an organization of their own who asks a built-in one.
    """
    if subject.organization is None:
        return default_organization(user)
    if Membership.objects.filter(user=user, organization=subject.organization).exists():
        return subject.organization
    share = receiving(user, subject).first()
    if share is None or share.receiver is None:
        raise Forbidden(f"{subject.name} is no longer shared with you.")
    return share.receiver


def receiving(user: User, subject: Subject) -> QuerySet[Share]:
    """Return the shares by which `user` reads an object, the oldest first."""
    mine = Membership.objects.filter(user=user).values("organization")
    return (
        Share.objects.accepted()
        .filter(kind=subject.kind, subject=subject.pk, receiver__in=mine)
        .select_related("receiver")
        .order_by("accepted_at", "id")
    )


def share_card(user: User, subject: Subject) -> dict[str, Any] | None:
    """Return what a page shows of sharing an object; None for who may not share it."""
    if subject.organization is None:
        return None
    admins = Organization.objects.for_user(user, Role.ADMIN)
    if not admins.filter(pk=subject.organization.pk).exists():
        return None
    return {"subject": subject, "shares": list(shares_of(subject)), "days": OFFER_DAYS}


def may_copy(user: User, subject: Subject) -> bool:
    """Whether to offer a copy: an editor where it belongs, or where it is shared with leave."""
    if subject.organization is None:
        return False
    editors = Organization.objects.for_user(user, Role.EDITOR)
    if editors.filter(pk=subject.organization.pk).exists():
        return True
    return receiving(user, subject).filter(may_copy=True, receiver__in=editors).exists()
