"""Make and revoke API tokens."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import APIToken, TokenScope, User
from accounts.quotas import PersonalQuota
from accounts.services import audit
from accounts.services.quotas import take_personal
from common.errors import FieldError, Forbidden, Invalid
from common.names import require_readable

DEFAULT_SCOPES = (TokenScope.READ, TokenScope.WRITE)
DEFAULT_DAYS = 90
MAX_DAYS = 365


@transaction.atomic
def create_token(
    *,
    user: User,
    name: str,
    expires_in_days: int | None = None,
    scopes: Collection[str] = DEFAULT_SCOPES,
    made_with: APIToken | None = None,
) -> tuple[APIToken, str]:
    """Make a token that acts for `user`; return its row and the token itself, shown only now.

    `expires_in_days` is 1 to 365; None: 90. `made_with` is the token that the request came with,
    if one did: no token makes one that may do more than itself or that outlives it, so None then
    means no longer than that one; and what it made ends with it.
    Raises `Invalid` for bad values, `Forbidden` for what goes beyond `made_with`, `QuotaExceeded`.
    """
    if made_with is not None:
        made_with = _locked(made_with)
    name, ordered = require_readable(name.strip()), _checked_scopes(scopes, made_with)
    if not name:
        raise _invalid("name", "A token needs a name of 1 to 80 characters; this one is empty.")
    take_personal(user=user, quota=PersonalQuota.TOKENS)
    token, secret = APIToken.objects.create(
        user,
        expiry=_lifetime(expires_in_days, made_with),
        name=name,
        scopes=ordered,
        made_with=made_with,
    )
    _end_with_maker(token, made_with)
    audit.record(
        actor=user,
        action="token.create",
        target=token,
        name=name,
        scopes=ordered,
        expires_at=token.expiry.isoformat(),
    )
    return token, secret


@transaction.atomic
def revoke_token(*, user: User, token: APIToken) -> None:
    """End a token of `user`'s own at once, and those that were made with it.

    Raises `Forbidden` for another person's token, unless `user` is a superuser.
    """
    if token.user_id != user.pk and not user.is_superuser:
        raise Forbidden("Only its owner revokes a token.")
    _end(token, actor=user)


@transaction.atomic
def revoke_tokens_of(*, owner: User, actor: User | None, reason: str) -> int:
    """End every token of `owner`; return how many there were.

    `actor` is who asked for it, None where that is not known; `reason` goes into the audit log.
    """
    count = owner.auth_token_set.count()
    # Those made with another first go with it.
    for token in owner.auth_token_set.filter(made_with=None).select_related("user"):
        _end(token, actor=actor, reason=reason)
    return count


def _end(token: APIToken, *, actor: User | None, **detail: str) -> None:
    # Locked: no child can come between the look for them and the end.
    APIToken.objects.select_for_update().filter(pk=token.pk).first()
    for child in token.children.select_related("user"):
        _end(child, actor=actor, **detail)
    audit.record(
        actor=actor,
        action="token.revoke",
        target=token,
        name=token.name,
        owner=token.user.get_username(),
        **detail,
    )
    token.delete()


def _locked(made_with: APIToken) -> APIToken:
    """Return the row as it is now, kept until the end of the transaction; it may have gone."""
    found = APIToken.objects.select_for_update().filter(pk=made_with.pk).first()
    if found is None:
        raise Forbidden(f"The token {made_with.name!r} has been revoked.")
    return found


def _end_with_maker(token: APIToken, made_with: APIToken | None) -> None:
    if made_with is not None and made_with.expiry and token.expiry > made_with.expiry:
        # knox counts from its own now, a moment after ours.
        token.expiry = made_with.expiry
        token.save(update_fields=["expiry"])


def _lifetime(days: int | None, made_with: APIToken | None) -> timedelta:
    """Return how long a new token lives, checked against the token that makes it."""
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise _invalid(
            "expires_in_days", f"A token lives for 1 to {MAX_DAYS} days; {days} was asked for."
        )
    lifetime = timedelta(days=DEFAULT_DAYS if days is None else days)
    if made_with is None or made_with.expiry is None:
        return lifetime
    left = made_with.expiry - timezone.now()
    if days is not None and lifetime > left:
        raise Forbidden(
            "A token cannot make one that outlives it: it ends on "
            f"{made_with.expiry:%Y-%m-%d %H:%M} UTC; {days} days were asked for. Leave "
            "expires_in_days out to get one that ends with it.",
            code="outlives_its_maker",
        )
    return min(lifetime, left)


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
