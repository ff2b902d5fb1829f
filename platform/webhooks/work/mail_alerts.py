"""Send what one person has chosen to be told of: a mail each, or the rest of an hour in one."""

import smtplib
import uuid

from django.utils import timezone

from jobs.errors import JobFailed
from jobs.handlers import JobContext, handles
from webhooks.kinds import MAIL_ALERTS
from webhooks.models import AlertChoice, MailAlert
from webhooks.selectors.alerts import is_reader, mail_address_of, mails_left, waiting_alerts
from webhooks.services.mail import send_mail


@handles(MAIL_ALERTS)
def mail_alerts(context: JobContext) -> None:
    """Send what waits, as far as the hour has room; what still waits is sent in the next one.

    A process that dies between a mail and its mark sends that mail again.
    """
    choice = (
        AlertChoice.objects.select_related("user", "organization")
        .filter(pk=context.payload["choice"])
        .first()
    )
    sent = 0
    if choice is not None:
        address = mail_address_of(choice.user) if is_reader(choice) else ""
        if not address:
            # They have left the organization, or have no address that is theirs for certain.
            with context.guard():
                choice.alerts.filter(sent_at=None).delete()
        for alerts in _mails(choice):
            context.check()
            _send(choice, address, alerts)
            with context.guard():
                MailAlert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(
                    sent_at=timezone.now(), mail=uuid.uuid4()
                )
                AlertChoice.objects.filter(pk=choice.pk).update(left_out=0)
            sent += 1
            context.progress(sent, None, "mails")
    with context.finish("mail_alerts", context.payload["choice"], sent=sent):
        pass


def _mails(choice: AlertChoice) -> list[list[MailAlert]]:
    """Return which alerts go out together: the last mail of the hour takes all that are left."""
    waiting, room = waiting_alerts(choice), mails_left(choice)
    if not waiting or room == 0:
        return []
    alone = waiting[: room - 1]
    rest = waiting[room - 1 :]
    return [[alert] for alert in alone] + ([rest] if rest else [])


def _send(choice: AlertChoice, address: str, alerts: list[MailAlert]) -> None:
    try:
        send_mail(choice=choice, address=address, alerts=alerts)
    except (smtplib.SMTPException, OSError) as error:
        detail = "The mail server did not take a mail; it is tried again."
        raise JobFailed("internal", detail) from error
