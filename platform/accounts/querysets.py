"""Tenant visibility as a queryset method."""

from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.roles import Role


class TenantQuerySet(models.QuerySet):
    """Rows that belong to an organization, reached by `organization_path` (a field path)."""

    organization_path: ClassVar[str] = "organization"
    # Rows without an organization are ready-made ones, that everyone may see and nobody may change.
    shared_when_null: ClassVar[bool] = False

    def for_user(self, user: AbstractBaseUser | AnonymousUser, role: Role = Role.VIEWER) -> Self:
        """Keep the rows of organizations where `user` has at least `role`."""
        from accounts.models import Membership

        if not user.is_authenticated:
            return self.none()
        path = f"{self.organization_path}_id"
        member = Membership.objects.filter(
            user_id=user.pk, organization_id=OuterRef(path), role__in=role.at_least()
        )
        visible = Q(Exists(member))
        if self.shared_when_null and role is Role.VIEWER:
            visible |= Q(**{f"{self.organization_path}__isnull": True})
        return self.filter(visible)
