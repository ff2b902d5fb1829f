"""Links by which anyone may ask a model: which there are, and which of them work."""

import uuid
from enum import StrEnum

from django.conf import settings
from django.db.models import Exists, F, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organization, User
from accounts.querysets import TenantQuerySet
from accounts.roles import Role
from accounts.selectors.invitations import digest_of
from classifier.models import RegisteredModel, TryLink
from classifier.prediction.errors import TryLinkInvalid


class TryLinkState(StrEnum):
    """Whether a link works, or why not."""

    WORKS = "works"
    REVOKED = "revoked"
    EXPIRED = "expired"
    USED_UP = "used_up"
    ARCHIVED = "archived"
    MAKER_MAY_NOT = "maker_may_not"


def try_links_of(user: User, model: RegisteredModel) -> TenantQuerySet:
    """Return the links to a model that `user` may see, newest first."""
    links = _with_makers(TryLink.objects.for_user(user).filter(model=model))
    return links.order_by("-created_at", "-id")


def visible_try_link(user: User, link_id: uuid.UUID) -> TryLink:
    """Return one link; raises `NotFound` for one that `user` may not see."""
    links = TryLink.objects.for_user(user).select_related("model__organization", "created_by")
    found: TryLink = links.get_visible(link_id)
    return found


def links_that_work(organization: Organization) -> QuerySet[TryLink]:
    """Return the links that can still be used, whether or not their makers may still make any."""
    return TryLink.objects.filter(
        model__organization=organization,
        revoked_at=None,
        expires_at__gt=timezone.now(),
        predictions__lt=F("max_predictions"),
    )


def state_of(link: TryLink) -> TryLinkState:
    """Return whether a link works, or the first reason why it does not."""
    if link.revoked_at is not None:
        return TryLinkState.REVOKED
    if link.expires_at <= timezone.now():
        return TryLinkState.EXPIRED
    if link.predictions >= link.max_predictions:
        return TryLinkState.USED_UP
    if link.model.archived_at is not None:
        return TryLinkState.ARCHIVED
    return TryLinkState.WORKS if link.maker_may else TryLinkState.MAKER_MAY_NOT


def try_link_by_secret(secret: str) -> TryLink:
    """Return the link that a secret opens; raises `TryLinkInvalid` unless it works."""
    link = _with_makers(TryLink.objects.filter(digest=digest_of(secret))).first()
    if link is None or state_of(link) is not TryLinkState.WORKS:
        raise TryLinkInvalid(
            "This link does not exist, has ended, or was used as often as it may be. Ask for a new "
            "one."
        )
    return link


def address_of(secret: str) -> str:
    """Return the address that a secret makes.

    The secret stands behind `#`: browsers send that part to no server, so it is in no log and no
    `Referer`.
    """
    return f"{settings.PUBLIC_URL}{reverse('classifier:try_page')}#{secret}"


def _with_makers(links: TenantQuerySet) -> TenantQuerySet:
    """Return the links with their models and makers, and whether these may still make one."""
    editors = Membership.objects.filter(
        organization=OuterRef("model__organization"),
        user=OuterRef("created_by"),
        user__is_active=True,
        role__in=Role.EDITOR.at_least(),
    )
    return links.select_related("model__organization", "created_by").annotate(
        maker_may=Exists(editors)
    )
