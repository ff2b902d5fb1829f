"""Where django-allauth meets accounts: signing up, signing in, what its mails say, how often one
guesses.
"""

import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.sites.requests import RequestSite
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse

from accounts import guessing, mailing
from accounts.devices import remember_device
from accounts.invited import holds_invitation
from accounts.models import User
from accounts.new_sign_ins import tell_of_sign_in
from accounts.openid import apply_provider_groups
from accounts.selectors.look_alikes import refuse_look_alike
from accounts.services.sign_up import save_account
from accounts.usernames import check_username
from common.errors import Invalid, Unavailable

ADDRESS_STAGES = {"allauth.account.stages.EmailVerificationStage": "accounts.stages.AddressStage"}
MAIL_WAS_SENT = "account/messages/email_confirmation_sent.txt"
SIGNED_IN_AT_SESSION_KEY = "signed_in_at"


class AccountAdapter(DefaultAccountAdapter):
    """Signs people up through the same service as everything else."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Open by LOUPE_SIGNUP, and always for someone who holds a working invitation."""
        return settings.SIGNUP_OPEN or holds_invitation(request)

    def save_user(
        self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True
    ) -> User:
        """Fill the user from the form; save it with its personal organization."""
        user = super().save_user(request, user, form, commit=False)
        return save_account(user=user) if commit else user

    def set_password(self, user: User, password: str) -> None:
        """Set another password, by its owner: signed in, or with a link from a mail."""
        signed_in = self.request.user.is_authenticated
        user.changed_by, user.changed_how = user, "change" if signed_in else "reset by mail"
        super().set_password(user, password)

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return the name as it is kept; raise `ValidationError` for a taken or deceiving one."""
        try:
            username = check_username(username)
            refuse_look_alike(username)
        except Invalid as error:
            raise ValidationError(error.detail) from error
        return super().clean_username(username, shallow)

    def get_login_stages(self) -> list[str]:
        """Return allauth's stages, with ours in place of the one about mail addresses."""
        return [ADDRESS_STAGES.get(stage, stage) for stage in super().get_login_stages()]

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Send a mail, where a server is set, whose links carry the public address.

        allauth builds them from the Host header, which the one who asks for the mail writes.
        Raises as `mailing.send` does.
        """
        if not settings.MAIL_IS_SENT:
            return
        public = {
            name: _at_public_url(value) if name.endswith("_url") else value
            for name, value in context.items()
        }
        ours = {"request": self.request, "email": email, "current_site": _PublicSite()}
        try:
            mailing.send(self.render_mail(template_prefix, email, public | ours))
        except (Invalid, Unavailable):
            # Else allauth would send none for minutes, as if this one had gone out.
            ratelimit.clear(
                self.request, app="allauth.account", action="confirm_email", key=email.lower()
            )
            raise

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Tell of what was done by mail; that it was done does not depend on the mail."""
        with suppress(Invalid, Unavailable):
            super().send_notification_mail(*args, **kwargs)

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

    def login(self, request: HttpRequest, user: User) -> None:
        """Open the session, and note when: what is done soon after needs no second proof."""
        super().login(request, user)
        request.session[SIGNED_IN_AT_SESSION_KEY] = time.time()

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Answer a sign-in: apply the provider's groups, know the browser, tell of a new one."""
        response = super().post_login(request, user, **kwargs)
        if (sociallogin := (kwargs["signal_kwargs"] or {}).get("sociallogin")) is not None:
            apply_provider_groups(user, sociallogin)
        device = remember_device(request, response, str(user.pk))
        tell_of_sign_in(request, user, device)
        return response

    def reauthenticate(self, user: User, password: str) -> bool:
        """Return whether the password is right; the session goes on.

        Django stores a better hash when it sees the password and its hashing has become stronger.
        The session carries a digest of the old hash, and would end by it.
        """
        is_right = super().reauthenticate(user, password)
        if is_right and (stored := User.objects.get(pk=user.pk)).password != user.password:
            update_session_auth_hash(self.request, stored)
        return is_right

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for the password or a factor again, unless they were given just now."""
        signed_in_at = self.request.session.get(SIGNED_IN_AT_SESSION_KEY, 0)
        recent = time.time() - signed_in_at < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        return not recent and super().is_reauthentication_required(app=app, **kwargs)


class _PublicSite(RequestSite):
    """Loupe as its mails name it."""

    def __init__(self) -> None:
        self.domain = settings.PUBLIC_URL
        self.name = "Loupe"


def _at_public_url(link: str) -> str:
    parts = urlsplit(link)
    query = f"?{parts.query}" if parts.query else ""
    return f"{settings.PUBLIC_URL}{parts.path}{query}"
