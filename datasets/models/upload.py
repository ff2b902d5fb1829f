from typing import Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Now

from common.models import UUIDModel


class UploadQuerySet(models.QuerySet):
    def for_user(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Keep the uploads of `user`; for everyone else, in any organization, there are none."""
        return self.filter(created_by_id=user.pk) if user.is_authenticated else self.none()

    def current(self) -> Self:
        """Keep those whose time is not over."""
        return self.filter(expires_at__gt=Now())


class Upload(UUIDModel):
    """A file on its way in that can be resumed (tus). It goes with what it was uploaded for.

    The row is the truth: what the file holds past `offset` was not acknowledged and is overwritten.
    """

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(max_length=255)
    # As the client sent it, to be told again.
    metadata = models.CharField(max_length=2000, blank=True)
    length = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    # The name under media/uploads/, ours.
    file = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(offset__lte=models.F("length")), name="upload_within_length"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_complete(self) -> bool:
        """Whether every byte has arrived."""
        return self.offset == self.length
