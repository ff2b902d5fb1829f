"""Mails that a person waits for: whose fault it is that one does not go out."""

import logging
import smtplib

from django.core.mail import EmailMessage

from common.errors import FieldError, Invalid, Unavailable

logger = logging.getLogger(__name__)
# From here on SMTP's answers are for good (RFC 5321, 4.2.1).
_FOR_GOOD = 500


def send(message: EmailMessage) -> None:
    """Send a mail.

    Raises `Invalid` where the mail server refuses the address for good, and `Unavailable` where it
    does not answer, or takes no mail from Loupe. The log says which, and names no address.
    """
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        logger.warning("the mail server refused an address: %s", codes)
        if min(codes) < _FOR_GOOD:
            raise _unavailable("its mail server does not take it now") from error
        raise _refused() from error
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError) as error:
        logger.warning("the mail server went away: %s", type(error).__name__)
        raise _unavailable("its mail server does not answer") from error
    except smtplib.SMTPException as error:
        code = getattr(error, "smtp_code", "")
        logger.error("the mail server takes no mail: %s %s", type(error).__name__, code)
        raise _unavailable("its mail server does not take it") from error
    except OSError as error:
        logger.warning("the mail server cannot be reached: %s", error)
        raise _unavailable("its mail server does not answer") from error


def _refused() -> Invalid:
    detail = "The mail server takes no mail for this address."
    return Invalid(
        detail,
        errors=[FieldError("/email", "refused", detail)],
        hint="Look at how it is written. If you have just signed up with it, ask the person who "
        "runs this Loupe to correct it.",
    )


def _unavailable(why: str) -> Unavailable:
    return Unavailable(
        f"Loupe could not send you the mail: {why}.",
        hint="Try again later. Where you have just signed up, sign in then: Loupe sends the mail "
        "again.",
    )
