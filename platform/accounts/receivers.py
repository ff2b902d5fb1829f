"""What Django and allauth announce about accounts, handed to the services."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.models.user import password_was_set
from accounts.services.tokens import revoke_tokens_of


@receiver(password_was_set)
def end_tokens_with_the_password(user: User, **kwargs: Any) -> None:
    """Who had the old password may have made tokens with it."""
    if not user.keeps_tokens:
        revoke_tokens_of(owner=user, actor=None, reason="a new password was set")
