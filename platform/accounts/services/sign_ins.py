"""Remember with which browsers people sign in, to tell them of others."""

from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts.models import KnownBrowser, User


class SignIn(NamedTuple):
    """One sign-in, and what its person should learn of.

    `is_new`: none of their sign-ins came from this browser, and there were some.
    `missed`: other browsers that were new since the last sign-in from this one.
    """

    browser: KnownBrowser
    is_new: bool
    missed: list[KnownBrowser]


@transaction.atomic
def note_sign_in(*, user: User, device: str, address: str, user_agent: str) -> SignIn:
    """Remember a sign-in from the browser whose cookie holds the name `device`."""
    now = timezone.now()
    theirs = KnownBrowser.objects.filter(user=user)
    others = theirs.exclude(device=device)
    before = theirs.filter(device=device).first()
    missed = list(others.filter(created_at__gt=before.last_sign_in_at)) if before else []
    is_new = before is None and others.exists()
    browser, _ = KnownBrowser.objects.update_or_create(
        user=user,
        device=device,
        defaults={"address": address, "user_agent": user_agent[:200], "last_sign_in_at": now},
    )
    return SignIn(browser, is_new, missed)
