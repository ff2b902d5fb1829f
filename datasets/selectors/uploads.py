"""Uploads that can be resumed."""

import uuid

from django.db.models.functions import Now

from accounts.models import User
from common.errors import NotFound
from datasets.models import Upload


def visible_upload(user: User, upload_id: uuid.UUID) -> Upload:
    """Return an upload of `user` whose time is not over; raises `NotFound`."""
    upload: Upload | None = Upload.objects.for_user(user).current().filter(pk=upload_id).first()
    if upload is None:
        raise NotFound("There is no such upload, or its time is over.")
    return upload


def expired_uploads() -> list[Upload]:
    """Return uploads whose time is over, up to two hundred."""
    return list(Upload.objects.filter(expires_at__lte=Now()).order_by("expires_at")[:200])
