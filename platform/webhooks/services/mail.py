"""The mails that tell people of events, and the link in them that ends it."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from common.errors import NotFound
from webhooks.models import AlertChoice, MailAlert

_SALT = "webhooks.alerts"
_LONGEST_SUBJECT = 120


def send_mail(*, choice: AlertChoice, address: str, alerts: Sequence[MailAlert]) -> None:
    """Send one mail about one or more events; raises `smtplib.SMTPException`, `OSError`."""
    stop = settings.PUBLIC_URL + reverse("webhooks:alerts_stop", args=[signed(choice)])
    context = {
        "alerts": alerts,
        "choice": choice,
        "host": urlsplit(settings.PUBLIC_URL).netloc,
        "settings_url": settings.PUBLIC_URL
        + reverse("webhooks:alerts", args=[choice.organization.slug]),
        "stop_url": stop,
    }
    EmailMessage(
        subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{_subject(choice, alerts)}",
        body=render_to_string("webhooks/mail/alerts.txt", context),
        to=[address],
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    ).send()


def signed(choice: AlertChoice) -> str:
    """Return what proves that a link came in a mail to this person."""
    return signing.Signer(salt=_SALT).sign(str(choice.pk))


def choice_of_link(text: str) -> AlertChoice:
    """Return whose mail a link was in; raises `NotFound`."""
    try:
        pk = signing.Signer(salt=_SALT).unsign(text)
    except signing.BadSignature:
        pk = None
    rows = AlertChoice.objects.select_related("organization", "user")
    choice = rows.filter(pk=pk).first() if pk else None
    if choice is None:
        raise NotFound("This link stops no mails: copy all of it from the mail.")
    return choice


def _subject(choice: AlertChoice, alerts: Sequence[MailAlert]) -> str:
    if len(alerts) > 1:
        return f"{len(alerts)} events of {choice.organization.name}"
    # A line break would begin another header.
    text = " ".join(alerts[0].text.split())
    return text if len(text) <= _LONGEST_SUBJECT else f"{text[:_LONGEST_SUBJECT]}…"
