"""Tokens for programs that cannot show a sign-in page: the device flow of RFC 8628."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import NoReturn

from django.db import transaction
from django.utils import timezone

from accounts.models import APIToken, DeviceRequest, User
from accounts.quotas import PersonalQuota
from accounts.selectors.device_requests import open_request
from accounts.services import audit
from accounts.services.quotas import take_personal
from accounts.services.tokens import DEFAULT_DAYS, create_token
from common.errors import Invalid
from common.names import require_readable

LIFETIME = timedelta(minutes=10)
INTERVAL = timedelta(seconds=5)
# No vowels, so that no words come out; no digits, so that nothing looks like something else.
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


def ask_for_token(
    *, name: str, scopes: Collection[str], address: str, expires_in_days: int = DEFAULT_DAYS
) -> tuple[DeviceRequest, str]:
    """Lay down a program's wish; return it with the device code, which the program polls with.

    Raises `Invalid` for a name with characters that the person who approves would not see.
    """
    now = timezone.now()
    DeviceRequest.objects.filter(expires_at__lt=now - LIFETIME).delete()
    device_code = secrets.token_urlsafe(32)
    letters = "".join(secrets.choice(LETTERS) for _ in range(8))
    request = DeviceRequest.objects.create(
        digest=_digest(device_code),
        user_code=f"{letters[:4]}-{letters[4:]}",
        name=require_readable(name),
        scopes=list(scopes),
        expires_in_days=expires_in_days,
        address=address,
        expires_at=now + LIFETIME,
    )
    return request, device_code


@transaction.atomic
def decide(*, user: User, user_code: str, approved: bool) -> DeviceRequest:
    """Approve or deny a request; the program gets its token, which acts for `user`, when it asks.

    Raises `NotFound` for a code that is wrong, over, or decided already, `QuotaExceeded`.
    """
    request = open_request(user_code, lock=True)
    if approved:
        # Said to the person, who can end another token, before the program hears it.
        take_personal(user=user, quota=PersonalQuota.TOKENS)
    decisions = DeviceRequest.Decision
    request.user, request.decision = user, decisions.APPROVED if approved else decisions.DENIED
    request.save(update_fields=["user", "decision"])
    audit.record(
        actor=user,
        action="device.approve" if approved else "device.deny",
        target=request,
        name=request.name,
        scopes=request.scopes,
        address=request.address,
    )
    return request


def collect_token(*, device_code: str) -> tuple[APIToken, str]:
    """Make the token of an approved request, once; return its row and the token itself.

    Raises `Invalid` with the codes of RFC 8628: `authorization_pending`, `slow_down`,
    `access_denied`, `expired_token`; `invalid_grant` for a code that is unknown or used.
    """
    with transaction.atomic():
        request = (
            DeviceRequest.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(digest=_digest(device_code))
            .first()
        )
        refusal = "invalid_grant" if request is None else _refusal(request)
        if request is not None and request.user is not None and refusal is None:
            token = create_token(
                user=request.user,
                name=request.name,
                scopes=request.scopes,
                expires_in_days=request.expires_in_days,
            )
            request.delete()
            return token
    _refuse(refusal or "invalid_grant")


def _refusal(request: DeviceRequest) -> str | None:
    """Return why there is no token now, None when there is one; remember when this was asked."""
    now = timezone.now()
    if request.expires_at <= now:
        return "expired_token"
    if request.decision == DeviceRequest.Decision.DENIED:
        return "access_denied"
    if request.decision == DeviceRequest.Decision.APPROVED:
        return None if request.user is not None and request.user.is_active else "access_denied"
    last, request.last_polled_at = request.last_polled_at, now
    request.save(update_fields=["last_polled_at"])
    # A second of tolerance: programs' clocks and the network are not exact.
    too_soon = last is not None and now - last < INTERVAL - timedelta(seconds=1)
    return "slow_down" if too_soon else "authorization_pending"


SENTENCES = {
    "authorization_pending": "No one has approved this yet. Ask again in 5 seconds.",
    "slow_down": "Ask again in 5 seconds, not sooner.",
    "access_denied": "The request was denied.",
    "expired_token": "The request is over: no one approved it in 10 minutes. Make a new one.",
    "invalid_grant": "The device code is not known, or its token was fetched already.",
}


def _refuse(code: str) -> NoReturn:
    raise Invalid(SENTENCES[code], code=code)


def _digest(device_code: str) -> str:
    return hashlib.sha256(device_code.encode()).hexdigest()
