"""What every row of Loupe has."""

import uuid
from typing import Self

from django.db import models


class UUIDModel(models.Model):
    """A row with a random id, safe to show, and the time it was made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        abstract = True

    def lock(self) -> Self:
        """Hold the row until the caller's transaction ends, and return it as it stands now."""
        return type(self)._base_manager.select_for_update().get(pk=self.pk)
