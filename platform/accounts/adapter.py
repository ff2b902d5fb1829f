"""Where django-allauth meets accounts: who may sign up, and what signing up makes."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest

from accounts.models import User
from accounts.selectors.invitations import invitation_by_secret
from accounts.services.sign_up import save_account
from common.errors import NotFound

INVITATION_SESSION_KEY = "invitation"


class AccountAdapter(DefaultAccountAdapter):
    """Signs people up through the same service as everything else."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Open by LOUPE_SIGNUP, and always for someone who holds a working invitation."""
        return settings.SIGNUP_OPEN or _holds_invitation(request)

    def save_user(
        self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True
    ) -> User:
        """Fill the user from the form; save it with its personal organization."""
        user = super().save_user(request, user, form, commit=False)
        return save_account(user=user) if commit else user


def _holds_invitation(request: HttpRequest) -> bool:
    secret = request.session.get(INVITATION_SESSION_KEY)
    if not secret:
        return False
    try:
        invitation_by_secret(secret)
    except NotFound:
        return False
    return True
