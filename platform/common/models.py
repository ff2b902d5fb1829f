"""What every row of Loupe has."""

import uuid

from django.db import models


class UUIDModel(models.Model):
    """A row with a random id, safe to show, and the time it was made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        abstract = True
