"""The four roles of a membership, in order of power."""

from django.db import models


class Role(models.TextChoices):
    """viewer < editor < admin < owner; each may do all that the ones before it may."""

    VIEWER = "viewer", "Viewer"
    EDITOR = "editor", "Editor"
    ADMIN = "admin", "Admin"
    OWNER = "owner", "Owner"

    def at_least(self) -> list["Role"]:
        """Return this role and the more powerful ones."""
        order = list(Role)
        return order[order.index(self) :]
