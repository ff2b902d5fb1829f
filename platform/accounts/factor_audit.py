"""Write changes of second factors and of links to the OpenID provider into the audit log.

allauth announces them by signals and has no other hook for this.
"""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.dispatch import receiver

from accounts.models import User
from accounts.services import audit


@receiver(authenticator_added)
def factor_added(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Record a new authenticator app, passkey or set of recovery codes."""
    _record(user, "second_factor.add", factor=authenticator.type)


@receiver(authenticator_removed)
def factor_removed(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Record that one is gone."""
    _record(user, "second_factor.remove", factor=authenticator.type)


@receiver(authenticator_reset)
def factor_reset(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Record new recovery codes."""
    _record(user, "second_factor.reset", factor=authenticator.type)


@receiver(social_account_added)
def provider_linked(sociallogin: Any, **kwargs: Any) -> None:
    """Record that the provider signs a person in."""
    _record(sociallogin.user, "provider.link", provider=sociallogin.account.provider)


@receiver(social_account_removed)
def provider_unlinked(socialaccount: SocialAccount, **kwargs: Any) -> None:
    """Record that it does so no more."""
    _record(socialaccount.user, "provider.unlink", provider=socialaccount.provider)


def _record(user: User, action: str, **detail: str) -> None:
    audit.record(actor=user, action=action, target=user, **detail)
