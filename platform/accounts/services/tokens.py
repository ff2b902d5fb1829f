"""Make and revoke API tokens."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction

from accounts.models import APIToken, TokenScope, User
from accounts.services import audit
from common.errors import FieldError, Forbidden, Invalid

DEFAULT_SCOPES = (TokenScope.READ, TokenScope.WRITE)
DEFAULT_DAYS = 90
MAX_DAYS = 365


@transaction.atomic
def create_token(
    *,
    user: User,
    name: str,
    expires_in_days: int = DEFAULT_DAYS,
    scopes: Collection[str] = DEFAULT_SCOPES,
    made_with: APIToken | None = None,
) -> tuple[APIToken, str]:
    """Make a token that acts for `user`; return its row and the token itself, shown only now.

    `expires_in_days` is 1 to 365. `made_with` is the token that the request came with, if one
    did: no token makes one that may do more than itself.
    Raises `Invalid` for bad values, `Forbidden` for scopes that `made_with` has not.
    """
    name, ordered = name.strip(), _checked_scopes(scopes, made_with)
    if not name:
        raise _invalid("name", "A token needs a name of 1 to 80 characters; this one is empty.")
    if not 1 <= expires_in_days <= MAX_DAYS:
        raise _invalid(
            "expires_in_days",
            f"A token lives for 1 to {MAX_DAYS} days; {expires_in_days} was asked for.",
        )
    token, secret = APIToken.objects.create(
        user, expiry=timedelta(days=expires_in_days), name=name, scopes=ordered
    )
    audit.record(
        actor=user,
        action="token.create",
        target=token,
        organization=None,
        name=name,
        scopes=ordered,
        expires_at=token.expiry.isoformat(),
    )
    return token, secret


@transaction.atomic
def revoke_token(*, user: User, token: APIToken) -> None:
    """End a token of `user`'s own at once.

    Raises `Forbidden` for a token of somebody else, unless `user` is a superuser.
    """
    if token.user_id != user.pk and not user.is_superuser:
        raise Forbidden("Only its owner revokes a token.")
    audit.record(
        actor=user,
        action="token.revoke",
        target=token,
        organization=None,
        name=token.name,
        owner=token.user.get_username(),
    )
    token.delete()


def _checked_scopes(scopes: Collection[str], made_with: APIToken | None) -> list[str]:
    unknown = sorted(set(scopes) - set(TokenScope.values))
    if unknown or not scopes:
        received = ", ".join(unknown) or "none"
        raise _invalid(
            "scopes", f"Scopes are one or more of {', '.join(TokenScope.values)}; got {received}."
        )
    ordered = [scope.value for scope in TokenScope if scope.value in scopes]
    if made_with is not None and not set(ordered) <= set(made_with.scopes):
        raise Forbidden(
            "A token cannot make one that may do more than itself: it has the scopes "
            f"{', '.join(made_with.scopes)}; {', '.join(ordered)} were asked for.",
            code="insufficient_scope",
        )
    return ordered


def _invalid(field: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(f"/{field}", "invalid", detail)])
