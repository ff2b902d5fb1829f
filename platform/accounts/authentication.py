"""How a request of the API says who it is, and what its token may do."""

from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.contrib.auth import get_user
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import APIToken, TokenScope, User
from accounts.selectors.addresses import must_confirm_address
from accounts.selectors.second_factors import has_second_factor
from common.errors import Forbidden

if TYPE_CHECKING:
    # REST framework's views import this module through the settings.
    from rest_framework.views import APIView

LAST_USED_PRECISION = timedelta(minutes=1)


class APITokenAuthentication(TokenAuthentication):
    """`Authorization: Bearer <token>`.

    Finds the token by its digest in one indexed query, where knox would read every token of the
    user; says that an expired token is expired instead of deleting it, so that its owner can see
    why.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[User, APIToken]:
        """Return the token's user and the token, or raise `AuthenticationFailed`."""
        try:
            digest = hash_token(token.decode("ascii"))
        except UnicodeDecodeError as error:
            raise AuthenticationFailed("The token is not valid.") from error
        found = APIToken.objects.select_related("user").filter(digest=digest).first()
        if found is None or not found.user.is_active:
            raise AuthenticationFailed("The token is not valid. It may have been revoked.")
        if found.is_expired:
            raise AuthenticationFailed(
                f"The token {found.name!r} expired at {found.expiry:%Y-%m-%d %H:%M} UTC. "
                "Make a new one."
            )
        _note_use(found)
        return found.user, found


class PasswordAuthentication(BasicAuthentication):
    """HTTP Basic with the user name (or mail address) and password of an account.

    Shares the count of failed sign-ins with the sign-in page (`accounts.guessing`).
    """

    www_authenticate_realm = "Loupe"

    def authenticate_credentials(
        self, userid: str, password: str, request: HttpRequest | None = None
    ) -> tuple[User, None]:
        """Return the account, or raise `AuthenticationFailed`, or `Throttled` after many failures.

        Raises `Forbidden` for an account with a second factor: a password alone does not do there.
        """
        refused = AuthenticationFailed("The user name or the password is not right.")
        if "\x00" in userid or "\x00" in password:
            raise refused
        http_request = request._request if isinstance(request, Request) else request
        try:
            user = get_adapter(http_request).authenticate(
                http_request, username=userid, password=password
            )
        except ValidationError as error:
            raise Throttled(
                wait=300, detail="Too many failed sign-ins. Wait five minutes."
            ) from error
        # allauth hands inactive people out too, for its page that says so.
        if user is None or not user.is_active:
            raise refused
        if must_confirm_address(user):
            raise AuthenticationFailed(
                "Your mail address is not confirmed yet. Sign in on the page once: it sends a link."
            )
        if has_second_factor(user):
            raise Forbidden(
                f"{user.get_username()} has a second factor, which no password replaces.",
                code="second_factor_required",
                hint="Make the token on the page of tokens, or let the program ask for one by "
                "POST auth/device/ and approve it in the browser.",
            )
        return user, None


def still_signed_in(request: Request) -> bool:
    """Whether what an answered request came with (token or session) would be accepted now.

    For answers that take long. A session ends by signing out and by a change of the password.
    """
    if isinstance(request.auth, APIToken):
        found = APIToken.objects.select_related("user").filter(pk=request.auth.pk).first()
        return found is not None and found.user.is_active and not found.is_expired
    afresh = HttpRequest()
    afresh.session = type(request._request.session)(request._request.session.session_key)
    return get_user(afresh).pk == request.user.pk


def require_recent_sign_in(request: Request) -> None:
    """Let a session pass in which its person has proved lately who they are, and everything else.

    Raises `Forbidden` for a session that is older.
    """
    by_session = isinstance(request.successful_authenticator, SessionAuthentication)
    if by_session and is_reauthentication_required(request._request, app="accounts"):
        raise Forbidden(
            "It is too long since you signed in for this.",
            code="reauthentication_required",
            hint="Use the page of tokens, which asks for your password, or sign in again.",
        )


class HasTokenScope(BasePermission):
    """A token needs the scope of what it does; people signed in by session or password pass.

    GET, HEAD and OPTIONS need `read`, everything else `write`. A view says otherwise by
    `token_scope`: with `predict`, a token with `predict` passes too, for any method; with `admin`,
    everything but reading needs `admin`.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Return True, or raise `Forbidden` with what the token lacks."""
        marked = getattr(view, "token_scope", None)
        require_scope(request, *accepted_scopes(request.method or "GET", marked))
        return True


def require_scope(request: Request, *accepted: str) -> None:
    """Let pass a token with any of these scopes, and people signed in by session or password.

    Raises `Forbidden` (`insufficient_scope`) with what the token lacks.
    """
    token = request.auth
    if isinstance(token, APIToken) and set(accepted).isdisjoint(token.scopes):
        raise Forbidden(
            f"This needs a token with the scope {' or '.join(sorted(accepted))}; "
            f"{token.name!r} has {', '.join(token.scopes)}.",
            code="insufficient_scope",
        )


def accepted_scopes(method: str, token_scope: str | None) -> set[str]:
    """Return the scopes any of which lets a token call `method` on a view so marked."""
    if method in SAFE_METHODS:
        accepted = {TokenScope.READ.value}
    elif token_scope == TokenScope.ADMIN:
        accepted = {TokenScope.ADMIN.value}
    else:
        accepted = {TokenScope.WRITE.value}
    if token_scope == TokenScope.PREDICT:
        accepted.add(TokenScope.PREDICT.value)
    return accepted


def _note_use(token: APIToken) -> None:
    """Write `last_used_at`, at most once a minute: a busy token must not write at each request."""
    now = timezone.now()
    stale = now - LAST_USED_PRECISION
    if token.last_used_at is None or token.last_used_at < stale:
        APIToken.objects.filter(
            Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=token.pk
        ).update(last_used_at=now)
