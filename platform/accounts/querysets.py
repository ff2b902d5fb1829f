"""Tenant visibility as a queryset method."""

import uuid
from functools import reduce
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from accounts.roles import Role
from common.errors import NotFound


class TenantQuerySet(models.QuerySet):
    """Rows that belong to an organization, reached by `organization_path` (a field path)."""

    organization_path: ClassVar[str] = "organization"
    # Rows without an organization are built-in ones, that everyone may see and no one may change.
    shared_when_null: ClassVar[bool] = False

    def for_user(self, user: AbstractBaseUser | AnonymousUser, role: Role = Role.VIEWER) -> Self:
        """Keep the rows of organizations where `user` has at least `role`."""
        if not user.is_authenticated:
            return self.none()
        # Through the user, because models import this module.
        memberships = user.memberships.filter(role__in=role.at_least())  # type: ignore[attr-defined]
        visible = Q(**{f"{self.organization_path}__in": memberships.values("organization")})
        if self.shared_when_null and role is Role.VIEWER:
            visible |= Q(**{f"{self.organization_path}__isnull": True})
        return self.filter(visible)

    def organization_of(self, row: models.Model) -> Any:
        """Return the organization that one of these rows belongs to, None for a built-in one."""
        return reduce(getattr, self.organization_path.split("__"), row)

    def get_visible(self, pk: uuid.UUID | str) -> Any:
        """Return the row with this id, of rows that were narrowed to what a person may see.

        Raises `NotFound` for any other id: what another tenant has does not exist for them.
        """
        row = self.filter(pk=pk).first()
        if row is None:
            name = self.model._meta.verbose_name
            raise NotFound(f"There is no such {name}, or you may not see it.")
        return row
