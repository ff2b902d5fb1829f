from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.token import TokenScope
from common.models import UUIDModel


class KnownBrowser(UUIDModel):
    """A browser that a person has signed in with, by the name that its cookie holds.

    A sign-in with another browser is told to the person.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    device = models.CharField(max_length=32)
    address = models.GenericIPAddressField()
    user_agent = models.CharField(max_length=200)
    last_sign_in_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "device"], name="known_browser_once_per_user")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.user_agent}"


class DeviceRequest(UUIDModel):
    """A program's wish for a token, which a person approves in the browser (RFC 8628).

    The program holds the device code (kept as a SHA-256) and shows its person the short
    `user_code`. The row ends with the token, or by `expires_at`.
    """

    class Decision(models.TextChoices):
        OPEN = "open", "Open"
        APPROVED = "approved", "Approved"
        DENIED = "denied", "Denied"

    digest = models.CharField(max_length=64, unique=True)
    user_code = models.CharField(max_length=9, unique=True)
    name = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=8, choices=TokenScope))
    expires_in_days = models.PositiveSmallIntegerField()
    address = models.GenericIPAddressField()
    expires_at = models.DateTimeField(db_index=True)
    last_polled_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=8, choices=Decision, default=Decision.OPEN)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )

    def __str__(self) -> str:
        return self.name
