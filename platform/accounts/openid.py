"""Where allauth.socialaccount meets accounts: who may sign up by the provider, and their roles."""

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest

from accounts.invited import holds_invitation
from accounts.models import User
from accounts.services.provider_roles import apply_groups
from accounts.services.sign_up import save_account


class OpenIDAdapter(DefaultSocialAccountAdapter):
    """Signs people up through the same service as everything else."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Open by mail domain where LOUPE_OIDC_DOMAINS names some, else as sign-up is by itself.

        Only an address that the provider has confirmed counts.
        """
        if not settings.OPENID.domains or holds_invitation(request):
            return super().is_open_for_signup(request, sociallogin)
        confirmed = [address.email for address in sociallogin.email_addresses if address.verified]
        domains = {email.rpartition("@")[2].lower() for email in confirmed}
        return not domains.isdisjoint(settings.OPENID.domains)

    @transaction.atomic
    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: BaseForm | None = None
    ) -> User:
        """Save the person with their personal organization; no password is theirs."""
        if form is not None:
            return super().save_user(request, sociallogin, form)
        user = sociallogin.user
        user.set_unusable_password()
        get_account_adapter().populate_username(request, user)
        save_account(user=user)
        sociallogin.save(request)
        return user


def apply_provider_groups(user: User, sociallogin: SocialLogin) -> None:
    """Give the roles that LOUPE_OIDC_GROUP_ROLES promises to the groups that the provider names."""
    claims: dict[str, Any] = sociallogin.account.extra_data
    named: Any = []
    for source in ("userinfo", "id_token"):
        named = named or (claims.get(source) or {}).get(settings.OPENID.groups_claim)
    groups = [named] if isinstance(named, str) else list(named or [])
    apply_groups(user=user, groups=groups, mapping=settings.OPENID.group_roles)
