"""End sessions: one, all others, or everything that can act for a person."""

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import F

from accounts.models import DeviceRequest, KnownBrowser, User
from accounts.services import audit
from accounts.services.tokens import revoke_tokens_of


@transaction.atomic
def end_session(*, user: User, session: UserSession) -> None:
    """Sign one browser out."""
    audit.record(actor=user, action="session.end", target=user, address=session.ip)
    session.end()


@transaction.atomic
def end_everything(*, user: User, device: str | None) -> None:
    """End every session of `user`, revoke every token, forget every browser but the one in use.

    Sessions carry a hash of the count that goes up here, so that none survives, known or not.
    """
    # A parallel sign-in must carry the old count or see the new one.
    User.objects.select_for_update().get(pk=user.pk)
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    sessions = list(UserSession.objects.filter(user=user))
    tokens = revoke_tokens_of(owner=user, actor=user, reason="all sessions were ended")
    audit.record(
        actor=user, action="session.end_all", target=user, sessions=len(sessions), tokens=tokens
    )
    for session in sessions:
        session.end()
    DeviceRequest.objects.filter(user=user).delete()
    KnownBrowser.objects.filter(user=user).exclude(device=device or "").delete()
