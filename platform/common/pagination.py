"""Cursor pagination, newest first: `{next, previous, results}`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework import exceptions
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from common.errors import FieldError, Invalid, NotFound


class NewestFirstPagination(CursorPagination):
    """Stable under inserts; `page_size` is 1 to 500. A wrong parameter is an error, not ignored."""

    ordering: tuple[str, ...] = ("-created_at", "-id")
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500

    def get_page_size(self, request: Request) -> int:
        """Return how many rows a page holds; raises `Invalid`."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        if asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= self.max_page_size:
            return int(asked)
        detail = f"A page holds 1 to {self.max_page_size} rows; {asked[:40]!r} was asked for."
        pointer = f"/{self.page_size_query_param}"
        raise Invalid(detail, errors=[FieldError(pointer, "invalid", detail)])

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        """Return the rows of the page; raises `NotFound` for a cursor that we did not make."""
        try:
            self._check_position(queryset, request, view)
            return super().paginate_queryset(queryset, request, view)
        except (exceptions.NotFound, ValidationError) as error:
            raise NotFound(
                "This cursor is none of ours: follow `next` and `previous` of an answer.",
                code="unknown_cursor",
            ) from error

    def _check_position(self, queryset: QuerySet, request: Request, view: Any) -> None:
        """Refuse a position that is not as we write one; anyone can write a cursor.

        A time whose zone Postgres does not know, or a number too large for its column, would be
        refused by the database only.
        """
        cursor = self.decode_cursor(request)
        if cursor is None or cursor.position is None:
            return
        column = self.get_ordering(request, queryset, view)[0].lstrip("-")
        field = queryset.model._meta.get_field(column)
        position = str(cursor.position)
        value = field.to_python(position)
        if value is None or str(value) != position or "\x00" in position:
            raise ValidationError("no position")
        field.run_validators(value)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the shape of a page; `next` and `previous` are always there, null at the ends."""
        address = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**address, "description": "The page after this one; null on the last."},
                "previous": {**address, "description": "The one before; null on the first."},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameters with their limits."""
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= {"minimum": 1, "maximum": self.max_page_size}
                parameter["schema"]["default"] = self.page_size
        return parameters


class PlacePagination(NewestFirstPagination):
    """Pages of a sequence that is no table and does not change; a cursor is a place in it."""

    offset_cutoff = None  # type: ignore[assignment]

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        """Return the entries of the page; raises `NotFound` for a cursor that we did not make."""
        self.request, self.base_url = request, request.build_absolute_uri()
        size = self.get_page_size(request)
        try:
            cursor = self.decode_cursor(request)
        except exceptions.NotFound:
            cursor = Cursor(-1, False, None)
        start = cursor.offset if cursor else 0
        if cursor and (cursor.position is not None or not 0 <= start < max(1, len(queryset))):
            raise NotFound(
                "This cursor is none of ours: follow `next` and `previous` of an answer.",
                code="unknown_cursor",
            )
        self._next = start + size if start + size < len(queryset) else None
        self._previous = max(0, start - size) if start else None
        return list(queryset[start : start + size])

    def get_next_link(self) -> str | None:
        """Return the address of the page after this one."""
        return self._link(self._next)

    def get_previous_link(self) -> str | None:
        """Return the address of the page before this one."""
        return self._link(self._previous)

    def _link(self, start: int | None) -> str | None:
        return None if start is None else self.encode_cursor(Cursor(start, False, None))
