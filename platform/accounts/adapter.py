"""Where django-allauth meets accounts: who may sign up, what its mails say, how often one guesses."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.sites.requests import RequestSite
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse

from accounts import guessing
from accounts.devices import remember_device
from accounts.models import User
from accounts.selectors.invitations import invitation_by_secret
from accounts.services.sign_up import save_account
from accounts.usernames import check_username
from common.errors import Invalid, NotFound

INVITATION_SESSION_KEY = "invitation"
ADDRESS_STAGES = {"allauth.account.stages.EmailVerificationStage": "accounts.stages.AddressStage"}
MAIL_WAS_SENT = "account/messages/email_confirmation_sent.txt"


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

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return the name as it is kept; raise `ValidationError` for a taken or deceiving one."""
        try:
            username = check_username(username)
        except Invalid as error:
            raise ValidationError(error.detail) from error
        return super().clean_username(username, shallow)

    def get_login_stages(self) -> list[str]:
        """Return allauth's stages, with ours in place of the one about mail addresses."""
        return [ADDRESS_STAGES.get(stage, stage) for stage in super().get_login_stages()]

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Answer a sign-in, and know the browser from now on."""
        response = super().post_login(request, user, **kwargs)
        remember_device(request, response, str(user.pk))
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Send a mail, where a server is set, whose links carry the public address.

        allauth builds them from the Host header, which the one who asks for the mail writes.
        """
        if not settings.MAIL_IS_SENT:
            return
        public = {
            name: _at_public_url(value) if name.endswith("_url") else value
            for name, value in context.items()
        }
        super().send_mail(template_prefix, email, public | {"current_site": _PublicSite()})

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Say what happened, and claim no mail where none is sent."""
        if message_template == MAIL_WAS_SENT and not settings.MAIL_IS_SENT:
            message_template = "account/messages/no_mail_is_sent.txt"
        super().add_message(request, level, message_template, *args, **kwargs)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the guess; raise `ValidationError` when there were too many."""
        used = guessing.consume(request, credentials)
        if used is None:
            raise self.validation_error("too_many_login_attempts")
        self._used_guesses = used

    def _rollback_login_failed_rl_usage(self) -> None:
        for usage in self._used_guesses:
            usage.rollback()

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        guessing.forgive(request, credentials)


class _PublicSite(RequestSite):
    """Loupe as its mails name it."""

    def __init__(self) -> None:
        self.domain = settings.PUBLIC_URL
        self.name = "Loupe"


def _at_public_url(link: str) -> str:
    parts = urlsplit(link)
    query = f"?{parts.query}" if parts.query else ""
    return f"{settings.PUBLIC_URL}{parts.path}{query}"


def _holds_invitation(request: HttpRequest) -> bool:
    secret = request.session.get(INVITATION_SESSION_KEY)
    if not secret:
        return False
    try:
        invitation_by_secret(secret)
    except NotFound:
        return False
    return True
