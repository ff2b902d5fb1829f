"""Write the history of a model's aliases: one order, without a gap."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from classifier.models import AliasChange, ChangeKind, RegisteredModel
from classifier.registry.services.announce_registry import announce_change


def add_change(
    *, model: RegisteredModel, kind: ChangeKind, user: User | None, reason: str = "", **of: Any
) -> AliasChange:
    """Add the model's next change, in the caller's transaction, and announce it.

    `of` are further columns.

    The lock gives each change its number and its time alone, so that both say the same order, also
    where a clock was set back.
    """
    model.lock()
    last = AliasChange.objects.filter(model=model).order_by("-number").first()
    now = timezone.now()
    change = AliasChange.objects.create(
        model=model,
        number=last.number + 1 if last else 1,
        created_at=max(now, last.created_at) if last else now,
        kind=kind,
        created_by=user,
        reason=reason,
        **of,
    )
    announce_change(change)
    return change
