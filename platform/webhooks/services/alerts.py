"""Choose which events of an organization come by mail."""

from collections.abc import Sequence

from django.db import transaction

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.roles import Role
from common.errors import FieldError, Invalid
from webhooks.events import Event
from webhooks.models import AlertChoice


@transaction.atomic
def choose_alerts(*, user: User, organization: Organization, events: Sequence[str]) -> AlertChoice:
    """Have a member told of these events by mail, and of no others; none ends it.

    Raises `NotFound` for who is no member, `Invalid` (`/events`).
    """
    require_role(user=user, organization=organization, role=Role.VIEWER)
    unknown = [event for event in events if event not in Event.values]
    if unknown:
        received = ", ".join(repr(str(event)[:40]) for event in unknown[:5])
        detail = f"Choose among {', '.join(Event.values)}; received {received}."
        raise Invalid(detail, errors=[FieldError("/events", "unknown_event", detail)])
    chosen = [event for event in Event.values if event in events]
    choice, _ = AlertChoice.objects.update_or_create(
        user=user, organization=organization, defaults={"events": chosen}
    )
    _forget_others(choice)
    return choice


@transaction.atomic
def stop_alerts(choice: AlertChoice) -> None:
    """Send the person nothing more of this organization: who has their mail may ask for that."""
    choice = choice.lock()
    choice.events = []
    choice.save(update_fields=["events"])
    _forget_others(choice)


def _forget_others(choice: AlertChoice) -> None:
    """Forget what waits and is not chosen; that a webhook was switched off is told to admins."""
    choice.alerts.filter(sent_at=None, event__in=Event.values).exclude(
        event__in=choice.events
    ).delete()
