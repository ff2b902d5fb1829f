"""What a person is told of by mail, and whether there is room for another mail in the hour."""

import uuid
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.models import Membership, Organization, User
from webhooks.limits import MAILS_AN_HOUR
from webhooks.models import AlertChoice, MailAlert


def choice_of(user: User, organization: Organization) -> AlertChoice | None:
    """Return what a person has chosen for an organization, None where they never have."""
    return AlertChoice.objects.filter(user=user, organization=organization).first()


def mail_address_of(user: User) -> str:
    """Return where mail for a person goes: the address that they have confirmed, empty for none."""
    confirmed = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk")
    return confirmed.values_list("email", flat=True).first() or ""


def mails_left(choice: AlertChoice) -> int:
    """Return how many mails may still go out within the hour, 0 or more."""
    hour_ago = timezone.now() - timedelta(hours=1)
    recent = choice.alerts.filter(sent_at__gt=hour_ago)
    return max(0, MAILS_AN_HOUR - recent.order_by().values("mail").distinct().count())


def waiting_alerts(choice: AlertChoice) -> list[MailAlert]:
    """Return what the person is to be told, oldest first."""
    return list(choice.alerts.filter(sent_at=None).order_by("created_at", "id"))


def may_be_mailed(choice: AlertChoice) -> bool:
    """Whether something waits, and the hour has room for a mail."""
    return choice.alerts.filter(sent_at=None).exists() and mails_left(choice) > 0


def is_reader(choice: AlertChoice) -> bool:
    """Whether the person may still see what they are told of."""
    member = Membership.objects.filter(user=choice.user, organization=choice.organization)
    return choice.user.is_active and member.exists()


def due_choices() -> list[uuid.UUID]:
    """Return the choices for which alerts wait."""
    waiting = MailAlert.objects.filter(sent_at=None)
    return list(waiting.order_by().values_list("choice", flat=True).distinct())
