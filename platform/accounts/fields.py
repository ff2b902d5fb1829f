"""References in bodies to rows that the caller can see."""

from typing import cast

from rest_framework import serializers

from accounts.querysets import TenantQuerySet


class VisibleObjectField(serializers.PrimaryKeyRelatedField):
    """An id in a body: of a row that the caller can see, or the field's error (400)."""

    default_error_messages = {
        "does_not_exist": "There is no such object, or you cannot see it; received {pk_value}.",
    }

    def get_queryset(self) -> TenantQuerySet:
        """Return the rows that the caller may see."""
        return cast(TenantQuerySet, super().get_queryset()).for_user(self.context["request"].user)


class ReadableObjectField(VisibleObjectField):
    """The same, also of a row that is shared with the caller to read."""

    def get_queryset(self) -> TenantQuerySet:
        """Return the rows that the caller may read."""
        rows = serializers.PrimaryKeyRelatedField.get_queryset(self)
        return cast(TenantQuerySet, rows).for_reader(self.context["request"].user)
