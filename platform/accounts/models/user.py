import uuid
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.dispatch import Signal
from django.utils.crypto import salted_hmac

from accounts.look_alikes import skeleton

password_was_set = Signal()
"""Sent with `user` when an account that was there before has got another password, by any way:
a reset, a change, the admin site, `manage.py changepassword`. A better hash is no new password."""


class User(AbstractUser):  # type: ignore[django-manager-missing] # knox has no types
    """A person, or a program that signs in as one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    # What the name looks like (accounts/look_alikes.py). None: one of several accounts that were
    # there before such names were refused.
    skeleton = models.TextField(null=True, editable=False)  # noqa: DJ001

    # Counts how often all sessions were ended: each carries a hash of it.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    # Set where people change their own password and want their tokens to work on.
    keeps_tokens = False
    # Who is changing the account now and by which way, for the audit log.
    changed_by: "User | None" = None
    changed_how = ""
    _password: str | None
    _password_was_taken = False

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="username_unique_in_any_case",
                violation_error_message="This name is taken (upper and lower case count as one).",
            ),
            models.UniqueConstraint(
                fields=["skeleton"],
                name="username_looks_like_no_other",
                violation_error_message="This name looks like one that is taken.",
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; announce a new password, which ends the tokens of its account."""
        is_new = self._state.adding
        if is_new:
            self.skeleton = skeleton(self.username)
        is_other = self._password is not None or self._password_was_taken
        super().save(*args, **kwargs)
        self._password_was_taken = False
        if is_other and not is_new:
            password_was_set.send(sender=User, user=self)

    def set_unusable_password(self) -> None:
        """Take the password away, which also counts as another one."""
        super().set_unusable_password()
        self._password_was_taken = True

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django's hash of the password, so that no session ends by an update of Loupe.
        password = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        if not self.session_epoch:
            return password
        counted = f"{password}{self.session_epoch}"
        return salted_hmac("accounts.session_epoch", counted, secret=secret).hexdigest()
