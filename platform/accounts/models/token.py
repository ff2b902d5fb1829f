import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from knox.models import AbstractAuthToken, AuthTokenManager
from knox.settings import CONSTANTS


class TokenScope(models.TextChoices):
    """What a token may do, within what its owner may do."""

    READ = "read", "Read everything"
    WRITE = "write", "Create and change"
    PREDICT = "predict", "Ask models for predictions"
    ADMIN = "admin", "Manage organizations and tokens"


class APIToken(AbstractAuthToken):
    """A bearer token: hashed, shown once, named, scoped, expiring, revocable.

    `digest` is the SHA-512 of the token; `token_key` its first 15 characters, which people
    recognise it by. Knox makes the digest the primary key; here the id is, so that no address
    and no form ever carries a digest.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=CONSTANTS.DIGEST_LENGTH, unique=True, editable=False)
    created = None
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    name = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=8, choices=TokenScope))
    last_used_at = models.DateTimeField(null=True)
    # The token that asked for this one: it ends no later than that, and with it.
    made_with = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="children",
    )

    objects = AuthTokenManager()

    class Meta:
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expiry is not None and self.expiry <= timezone.now()
