"""Share something with another organization: offer, accept, end."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, Share, User
from accounts.policies import require_role
from accounts.roles import Role
from accounts.services import audit
from accounts.services.organizations import SLUG_LENGTH
from accounts.sharing import (
    DECLINED_DAYS,
    MOST_DECLINED,
    MOST_OFFERS_WAITING,
    MOST_RECEIVERS,
    OFFER_DAYS,
    Subject,
    announce_end,
)
from common.errors import Conflict, FieldError, Forbidden, Invalid, NotFound


@transaction.atomic
def offer_share(*, user: User, subject: Subject, receiver: str, may_copy: bool = False) -> Share:
    """Offer an object to the organization with the slug `receiver`; an admin there may accept.

    The answer is the same whether there is such an organization. Raises `NotFound`, `Forbidden`
    below admin, `Invalid` for the organization itself, `Conflict` where it is offered already
    (`shared_already`) or to too many (`too_many_shares`), or was declined within the last
    `DECLINED_DAYS` (`declined`).
    """
    require_role(user=user, organization=subject.organization, role=Role.ADMIN)
    if subject.organization is None:
        raise Forbidden("This is built in and everyone has it.")
    # One after the other, so that the limits hold.
    organization = subject.organization.lock()
    slug = receiver.strip().lower()
    if not 1 <= len(slug) <= SLUG_LENGTH or not slug.isprintable():
        detail = f"Name an organization by its slug of 1 to {SLUG_LENGTH} characters."
        raise Invalid(detail, errors=[FieldError("/receiver", "invalid", detail)])
    if slug == organization.slug.lower():
        detail = f"{subject.name} belongs to {organization.name}: name another organization."
        raise Invalid(detail, errors=[FieldError("/receiver", "invalid", detail)])
    Share.objects.filter(accepted_at=None, expires_at__lte=timezone.now()).filter(
        organization=organization
    ).delete()
    found = Organization.objects.filter(slug__iexact=slug).first()
    _require_not_declined(organization, subject, slug, found)
    _require_room(organization, subject, slug)
    share = Share.objects.create(
        organization=organization,
        receiver=found,
        receiver_slug=slug,
        kind=subject.kind,
        subject=subject.pk,
        name=subject.name,
        may_copy=may_copy,
        offered_by=user,
        expires_at=timezone.now() + timedelta(days=OFFER_DAYS),
    )
    _record(user, "share.offer", share)
    return share


def _require_not_declined(
    organization: Organization, subject: Subject, slug: str, receiver: Organization | None
) -> None:
    """Spare an organization what it has declined, and who goes on offering what it declines."""
    if receiver is None:
        return
    declined = Share.objects.declined().filter(organization=organization, receiver=receiver)
    same = declined.filter(kind=subject.kind, subject=subject.pk).first()
    if same is not None:
        raise Conflict(
            f"{slug!r} has declined {subject.name}. You can offer it again from "
            f"{same.expires_at:%-d %B %Y} on.",
            code="declined",
        )
    ends = list(declined.order_by("expires_at").values_list("expires_at", flat=True))
    if len(ends) >= MOST_DECLINED:
        raise Conflict(
            f"{slug!r} has declined {len(ends)} offers of {organization.name} within "
            f"{DECLINED_DAYS} days. You can offer it something from "
            f"{ends[-MOST_DECLINED]:%-d %B %Y} on.",
            code="declined",
        )


def _require_room(organization: Organization, subject: Subject, slug: str) -> None:
    given = Share.objects.current().filter(organization=organization)
    of_this = given.filter(kind=subject.kind, subject=subject.pk)
    if of_this.filter(receiver_slug=slug).exists():
        raise Conflict(
            f"{subject.name} is shared with {slug!r}, or offered to it, already.",
            code="shared_already",
        )
    if (number := of_this.count()) >= MOST_RECEIVERS:
        raise Conflict(
            f"One {subject.kind} may be shared with {MOST_RECEIVERS} organizations; {subject.name} "
            f"is shared with or offered to {number}.",
            code="too_many_shares",
        )
    if (number := given.filter(accepted_at=None).count()) >= MOST_OFFERS_WAITING:
        raise Conflict(
            f"{organization.name} may have {MOST_OFFERS_WAITING} offers that wait for an answer; "
            f"it has {number}.",
            code="too_many_shares",
            hint="Withdraw one of them first.",
        )


@transaction.atomic
def accept_share(*, user: User, share: Share) -> Share:
    """Let the members of the receiver read what is offered; accepting twice is fine.

    Raises `NotFound`, `Forbidden` below admin of the receiver.
    """
    share = _receivers(user, share)
    if share.accepted_at is None:
        share.accepted_at = timezone.now()
        share.save(update_fields=["accepted_at"])
        _record(user, "share.accept", share)
    return share


@transaction.atomic
def end_share(*, user: User, share: Share) -> None:
    """End a sharing, or an offer, at once: an admin of either side may.

    What the receiver made with it stays with it: reports and predictions as long as a shared model
    is there, runs, models and copies for good. An offer that the receiver's admin ends is declined:
    it cannot be repeated for `DECLINED_DAYS`. Raises `NotFound`, `Forbidden`.
    """
    share = _held(share)
    mine = user.memberships.filter(role__in=Role.ADMIN.at_least()).values_list(
        "organization", flat=True
    )
    if not {share.organization_id, share.receiver_id} & set(mine):
        received = share.receiver is not None and _is_member(user, share.receiver)
        side = share.receiver if received else share.organization
        require_role(user=user, organization=side, role=Role.ADMIN)
    if share.accepted_at is None and share.organization_id not in mine:
        _decline(user, share)
        return
    if share.accepted_at is not None:
        announce_end(share)
    _record(user, "share.end" if share.accepted_at else "share.withdraw", share)
    share.delete()


def _decline(user: User, share: Share) -> None:
    share.declined_at = timezone.now()
    share.expires_at = share.declined_at + timedelta(days=DECLINED_DAYS)
    share.save(update_fields=["declined_at", "expires_at"])
    _record(user, "share.decline", share)


def forget_shares(*, kind: str, subject: uuid.UUID) -> None:
    """Forget who read an object that is gone, in the caller's transaction."""
    Share.objects.filter(kind=kind, subject=subject).delete()


def _receivers(user: User, share: Share) -> Share:
    if share.receiver is None or not _is_member(user, share.receiver):
        raise Forbidden(
            "Only an admin of the organization that it is offered to may accept it.",
        )
    require_role(user=user, organization=share.receiver, role=Role.ADMIN)
    return _held(share)


def _held(share: Share) -> Share:
    """Hold the row to the end of the transaction; raises `NotFound` for one that has ended."""
    held = (
        Share.objects.current()
        .select_for_update(of=("self",))
        .select_related("organization", "receiver")
        .filter(pk=share.pk)
        .first()
    )
    if held is None:
        raise NotFound("There is no such share: it has ended.")
    return held


def _is_member(user: User, organization: Organization) -> bool:
    return user.memberships.filter(organization=organization).exists()


def _record(user: User, action: str, share: Share) -> None:
    """Write it into both audit logs; the name of the person stays with their organization.

    An offer that its receiver has not answered is no entry of theirs: no one fills their log.
    """
    facts = {"kind": share.kind, "subject": str(share.subject), "name": share.name}
    own = _is_member(user, share.organization)
    audit.record(
        actor=user if own else None,
        action=action,
        target=share,
        receiver=share.receiver_slug,
        may_copy=share.may_copy,
        **facts,
    )
    answered = share.receiver is not None and _is_member(user, share.receiver)
    if share.receiver is not None and (answered or share.accepted_at):
        audit.record(
            actor=user if answered else None,
            action=action,
            target=share.receiver,
            organization=share.organization.slug,
            may_copy=share.may_copy,
            **facts,
        )
