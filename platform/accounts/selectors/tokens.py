"""A person's API tokens."""

import uuid

from django.db.models import QuerySet

from accounts.models import APIToken, User
from common.errors import NotFound


def tokens_of(user: User) -> QuerySet[APIToken]:
    """Return the user's tokens, newest first, expired ones too (until they are revoked)."""
    return APIToken.objects.filter(user=user).order_by("-created_at", "-id")


def token_of(user: User, token_id: uuid.UUID) -> APIToken:
    """Return one token of the user's own; raises `NotFound`."""
    token = tokens_of(user).filter(pk=token_id).first()
    if token is None:
        raise NotFound("You have no such token.")
    return token
