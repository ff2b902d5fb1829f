"""What comes from outside, or goes there: weights of networks, and mail."""

from collections.abc import Iterator

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend

from classifier.engine.backbones.registry import BACKBONES, DEFAULT
from classifier.engine.errors import WeightsUnavailable
from config.doctor.finding import Finding, Level


def look_at_weights() -> Iterator[Finding]:
    """Yield which pretrained networks are at hand here."""
    try:
        DEFAULT.weights.found(settings.WEIGHTS_DIR)
    except WeightsUnavailable as error:
        yield Finding(
            "weights",
            Level.FAULT,
            error.detail,
            "Images are not embedded, and the recommended preset and the built-in model fail.",
            error.hint,
        )
    else:
        yield Finding("weights", Level.OK, f"The weights of {DEFAULT.name} are here.")
    missing = [
        name for name, each in BACKBONES.items() if not each.weights.at_hand(settings.WEIGHTS_DIR)
    ]
    if missing := [name for name in missing if name != DEFAULT.name]:
        yield Finding(
            "weights",
            Level.NOTE,
            f"The weights of {len(missing)} more presets are not on this machine: "
            f"{', '.join(missing)}.",
            "Runs of these presets are refused; all others go.",
            "Where they are wanted, with a network: python manage.py fetch_weights NAME",
        )


def look_at_mail() -> Iterator[Finding]:
    """Yield whether mail can be sent: connects to the server, signs in, and sends nothing."""
    if not settings.MAIL_IS_SENT:
        yield Finding(
            "mail",
            Level.NOTE,
            "No mail is sent: EMAIL_URL is not set.",
            "No address is confirmed, forgotten passwords are set by an operator, and alerts by "
            "mail go nowhere.",
            "Set EMAIL_URL where that is wanted.",
        )
        return
    backend = get_connection()
    if not isinstance(backend, EmailBackend):
        yield Finding("mail", Level.NOTE, f"Mail goes to {settings.EMAIL_BACKEND}, not to SMTP.")
        return
    try:
        backend.open()
        backend.close()
    except OSError as error:
        yield Finding(
            "mail",
            Level.FAULT,
            f"The mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT} cannot be used: {error}",
            "People who sign up cannot confirm their address, and alerts do not go out.",
            "Correct EMAIL_URL, or open the way to that server.",
        )
    else:
        yield Finding("mail", Level.OK, f"The mail server {settings.EMAIL_HOST} takes mail.")
