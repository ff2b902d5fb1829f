"""A person's API tokens."""

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from accounts.models import APIToken, User
from common.errors import NotFound


def tokens_of(user: User) -> QuerySet[APIToken]:
    """Return the user's tokens, newest first, expired ones too (until they are revoked)."""
    return APIToken.objects.filter(user=user).order_by("-created_at", "-id")


def tokens_in_use(
    user: User, digest: str, scopes: Collection[str], within: timedelta
) -> QuerySet[APIToken]:
    """Return the user's token of this digest, if a call that needs one of `scopes` may come with
    it now and its last use is noted, not longer ago than `within`; none otherwise."""
    return APIToken.objects.filter(
        Q(expiry=None) | Q(expiry__gt=Now()),
        user=user,
        user__is_active=True,
        digest=digest,
        scopes__overlap=sorted(scopes),
        last_used_at__gt=Now() - within,
    )


def token_of(user: User, token_id: uuid.UUID) -> APIToken:
    """Return one token of the user's own; raises `NotFound`."""
    token = tokens_of(user).filter(pk=token_id).first()
    if token is None:
        raise NotFound("You have no such token.")
    return token
