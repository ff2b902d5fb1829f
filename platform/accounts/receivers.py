"""What Django and allauth announce about accounts, handed to the services."""

from typing import Any

from allauth.account import signals
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.guessing import account_of
from accounts.models import User
from accounts.models.user import password_was_set
from accounts.services import audit
from accounts.services.serving_role import grant_serving_role, make_serving_role
from accounts.services.tokens import revoke_tokens_of


@receiver(password_was_set)
def end_tokens_with_the_password(user: User, **kwargs: Any) -> None:
    """Write it down; who had the old password may have made tokens with it."""
    audit.record(
        actor=user.changed_by,
        action="account.set_password",
        target=user,
        account=user.get_username(),
        how=user.changed_how or "manage.py",
    )
    if not user.keeps_tokens:
        revoke_tokens_of(owner=user, actor=user.changed_by, reason="a new password was set")


@receiver(user_logged_in)
def record_sign_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Write down who signed in, and by what (a password, a second factor)."""
    methods = [record["method"] for record in get_authentication_records(request, user)]
    audit.record(actor=user, action="account.sign_in", target=user, methods=methods)


@receiver(user_logged_out)
def record_sign_out(user: User | None, **kwargs: Any) -> None:
    """Write down who signed out."""
    if user is not None:
        audit.record(actor=user, action="account.sign_out", target=user)


@receiver(user_login_failed)
def record_failed_sign_in(credentials: dict[str, Any], **kwargs: Any) -> None:
    """Write down a wrong password for an account that there is.

    What was typed in place of a name is not: people type their password there.
    """
    account = account_of(credentials)
    if account is not None:
        audit.record(
            actor=None,
            action="account.sign_in_failed",
            target=account,
            account=account.get_username(),
        )


@receiver(signals.email_added)
@receiver(signals.email_confirmed)
@receiver(signals.email_removed)
def record_mail_address(signal: Any, email_address: EmailAddress, **kwargs: Any) -> None:
    """Write down what became of a mail address."""
    verb = {
        signals.email_added: "add_address",
        signals.email_confirmed: "confirm_address",
        signals.email_removed: "remove_address",
    }[signal]
    user = email_address.user
    audit.record(actor=user, action=f"account.{verb}", target=user, email=email_address.email)


@receiver(signals.email_changed)
def record_primary_address(
    user: User, from_email_address: EmailAddress | None, to_email_address: EmailAddress, **_: Any
) -> None:
    """Write down which address mails go to from now on."""
    audit.record(
        actor=user,
        action="account.change_address",
        target=user,
        before=from_email_address.email if from_email_address else None,
        after=to_email_address.email,
    )


@receiver(post_migrate)
def grant_after_migrating(sender: AppConfig, **kwargs: Any) -> None:
    """Let the role that serves use what the migrations have made; once, after all of them."""
    if sender.name == "accounts" and settings.SERVING_ROLE:
        if settings.SERVING_PASSWORD:
            make_serving_role(settings.SERVING_ROLE, settings.SERVING_PASSWORD)
        grant_serving_role(settings.SERVING_ROLE)
