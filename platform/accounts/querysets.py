"""Tenant visibility as a queryset method."""

import uuid
from functools import reduce
from typing import Any, ClassVar, NamedTuple, Self, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When

from accounts.roles import Role
from common.errors import Forbidden, NotFound


class SharedWith(NamedTuple):
    """What a row is read along with: a `ShareKind`, and the field path to the id that is shared."""

    kind: str
    path: str


class TenantQuerySet(models.QuerySet):
    """Rows that belong to an organization, reached by `organization_path` (a field path)."""

    organization_path: ClassVar[str] = "organization"
    # Rows without an organization are built-in ones, that everyone may see and no one may change.
    shared_when_null: ClassVar[bool] = False
    # None: sharing opens no such row, whatever it belongs to.
    shared_with: ClassVar[SharedWith | None] = None

    # Whom the rows were narrowed to.
    _asker: Any = None

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._asker = self._asker
        return clone

    def for_user(self, user: AbstractBaseUser | AnonymousUser, role: Role = Role.VIEWER) -> Self:
        """Keep the rows of organizations where `user` has at least `role`.

        What other organizations share with those is not among them: `for_reader`.
        """
        if not user.is_authenticated:
            return self.none()
        return self._asked_by(user).filter(self._own(user, role))

    def for_reader(self, user: AbstractBaseUser | AnonymousUser, role: Role = Role.VIEWER) -> Self:
        """Keep what members see, and what is shared with an organization of the user's: to read.

        `user` has at least `role` in the organization that owns it or gets it. Each row says by
        `is_shared` that it is there for the second reason alone. Code that goes on to write, or
        shows what is the owner's own, asks `for_user`.
        """
        if not user.is_authenticated:
            return self.none()
        member = user.memberships.filter(  # type: ignore[attr-defined]
            organization=OuterRef(self.organization_path)
        )
        no_one = Q(**{f"{self.organization_path}__isnull": True})
        rows = self._asked_by(user).filter(self._own(user, role) | self._shared(user, role))
        return rows.annotate(
            is_shared=Case(When(no_one, then=Value(False)), default=~Exists(member))
        )

    @classmethod
    def open_to_readers(cls) -> Q:
        """Return what readers of a shared object see of its rows: all but where a class says."""
        return Q()

    # On columns, not on ids of whole subqueries: one row is looked at, where one is asked for.
    def _own(self, user: Any, role: Role) -> Q:
        # Through the user, because models import this module.
        memberships = user.memberships.filter(role__in=role.at_least())
        visible = Q(**{f"{self.organization_path}__in": memberships.values("organization")})
        if self.shared_when_null and role is Role.VIEWER:
            visible |= Q(**{f"{self.organization_path}__isnull": True})
        return visible

    def _shared(self, user: Any, role: Role) -> Q:
        if self.shared_with is None:
            return Q(pk__in=[])
        received = "organization__shares_received__"
        subjects = user.memberships.filter(
            role__in=role.at_least(),
            **{f"{received}kind": self.shared_with.kind, f"{received}accepted_at__isnull": False},
        ).values(f"{received}subject")
        return Q(**{f"{self.shared_with.path}__in": subjects}) & self.open_to_readers()

    def _asked_by(self, user: Any) -> Self:
        rows = self._chain()  # type: ignore[attr-defined]
        rows._asker = user
        return rows

    def organization_of(self, row: models.Model) -> Any:
        """Return the organization that one of these rows belongs to, None for a built-in one."""
        return reduce(getattr, self.organization_path.split("__"), row)

    def get_visible(self, pk: uuid.UUID | str) -> Any:
        """Return the row with this id, of rows that were narrowed to what a person may see.

        Raises `Forbidden` for one that is shared with them, but not for this, and `NotFound` for
        any other id: what another tenant has does not exist for them.
        """
        row = self.filter(pk=pk).first()
        if row is not None:
            return row
        name = self.model._meta.verbose_name
        shared = None
        if self._asker is not None and self.shared_with is not None:
            everything: Self = self.model._default_manager.all()  # type: ignore[assignment]
            open_rows = everything.filter(self._shared(self._asker, Role.VIEWER), pk=pk)
            shared = open_rows.first()
        if shared is not None:
            owner = self.organization_of(cast(models.Model, shared))
            raise Forbidden(
                f"This {name} belongs to {owner.name}, which shares it with you to read: only "
                f"members of {owner.name} may do or see this.",
                code="shared_read_only",
            )
        raise NotFound(f"There is no such {name}, or you may not see it.")
