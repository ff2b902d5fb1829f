"""What is told outside of Loupe about models: aliases that move, refusals of the gate."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.urls import reverse_lazy

from accounts.models import User
from classifier.models import AliasChange, ChangeKind, RegisteredModel
from classifier.registry.errors import GateRefused
from webhooks.events import Event
from webhooks.services.announce import announce


def announce_change(change: AliasChange) -> None:
    """Announce an entry of the history, in the transaction that writes it."""
    model = change.model
    announce(
        organization=model.organization,
        event=Event.ALIAS_CHANGED,
        subject=_subject(model),
        data={
            "model": {"id": model.pk, "name": model.name},
            "change": change.kind,
            "alias": change.alias or None,
            "version": change.version_number,
            "previous_version": change.previous_number,
            "reason": change.reason,
            "overridden": change.overridden is not None,
            "by": change.created_by.get_username() if change.created_by else None,
        },
        text=_sentence(change),
    )


@contextmanager
def refusals_announced(*, user: User, model: RegisteredModel) -> Iterator[None]:
    """Run the block in a transaction; raise the gate's refusal only after it is announced.

    A refusal takes back what the block has written, and is announced in the same transaction. So
    a process that dies on the way has refused nothing: it has answered no one.
    """
    refused: GateRefused | None = None
    with transaction.atomic():
        try:
            with transaction.atomic():
                yield
        except GateRefused as refusal:
            refused = refusal
            _announce_refusal(user, model, refusal)
    if refused is not None:
        raise refused


def _announce_refusal(user: User, model: RegisteredModel, refusal: GateRefused) -> None:
    announce(
        organization=model.organization,
        event=Event.GATE_REFUSED,
        subject=_subject(model),
        data={
            "model": {"id": model.pk, "name": model.name},
            "version": refusal.number,
            "rules": [
                {"rule": error.code, "detail": error.detail[:300]} for error in refusal.errors
            ],
            "by": user.get_username(),
        },
        text=refusal.detail,
    )


def _subject(model: RegisteredModel) -> dict[str, object]:
    return {
        "type": "model",
        "id": model.pk,
        "url": reverse_lazy("classifier:model", args=[model.pk]),
    }


def _sentence(change: AliasChange) -> str:
    name, alias = change.model.name, change.alias
    if change.kind == ChangeKind.ARCHIVED:
        return f"{name} is archived: it answers no calls."
    if change.kind == ChangeKind.TAKEN_BACK:
        return f"{name} is taken back from the archive."
    if change.kind == ChangeKind.REMOVED:
        return f"The alias “{alias}” of {name} is removed; it was version {change.previous_number}."
    before = f"; before, it was version {change.previous_number}" if change.previous_number else ""
    back = "back at" if change.kind == ChangeKind.ROLLED_BACK else "at"
    return f"The alias “{alias}” of {name} points {back} version {change.version_number}{before}."
