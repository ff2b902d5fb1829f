"""What a request may say: every field and parameter that Loupe does not know is refused by name.

A misspelt field that is ignored is the worst kind of success: `scope` for `scopes` would make a
token that may do more than was asked for.
"""

import re
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.utils import html

from common.nearest import nearest_first

# Django's pages and REST framework's sessions may send it beside the fields of a form.
_CSRF_FIELD = "csrfmiddlewaretoken"
_LIST = serializers.ListField | serializers.ListSerializer
_LONGEST_SHOWN = 60
# Of a body of 10,000 unknown fields no one reads more.
_MOST_NAMED = 20


class InputSerializer(serializers.Serializer):
    """The fields of a body, of an object in a body, or of a query; all others are refused."""

    @classmethod
    def read(cls, data: Any, **options: Any) -> dict[str, Any]:
        """Return the values of a body or a query; raises `ValidationError` for faulty ones.

        `options` are the serializer's own (`context`).
        """
        given = cls(data=data, **options)
        given.is_valid(raise_exception=True)
        return given.validated_data

    def to_internal_value(self, data: Any) -> Any:
        """Return the values; raises `ValidationError` for faulty and for unknown fields alike."""
        errors = self._surplus(data) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            if not errors or not isinstance(error.detail, dict):
                raise
            raise ValidationError({**error.detail, **errors}) from None
        if errors:
            raise ValidationError(errors)
        return values

    def _surplus(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        allowed = list(self._named())
        is_form = html.is_html_input(data)
        known = set(allowed) | ({_CSRF_FIELD} if is_form else set())
        if is_form:
            known.update(self._numbered(data))
        unknown = sorted(str(name) for name in data if name not in known)
        errors = {
            name: [unknown_field(name, allowed, self.place_of(name))]
            for name in unknown[:_MOST_NAMED]
        }
        return {**(self._repeated(data) if is_form else {}), **errors}

    def place_of(self, name: str) -> str:
        """Return the object of the body that has this field, empty for none."""
        nested = self._named(InputSerializer)
        return next((place for place, field in nested.items() if name in field.fields), "")

    def _named(self, kind: type | UnionType = serializers.Field) -> dict[str, Any]:
        return {
            str(field.field_name): field
            for field in self._writable_fields
            if isinstance(field, kind)
        }

    def _numbered(self, data: Mapping[str, Any]) -> set[str]:
        """Return `images[0]` and its like, which stand for a list that is not given by its name."""
        lists = "|".join(re.escape(name) for name in self._named(_LIST) if name not in data)
        pattern = re.compile(rf"({lists})\[\d+\]")
        return {name for name in data if lists and pattern.fullmatch(name)}

    def _repeated(self, data: Any) -> dict[str, list[ErrorDetail]]:
        """Refuse a form's field that is given twice: only the last one would be read."""
        single = self._named().keys() - self._named(_LIST).keys()
        return {
            name: [ErrorDetail("This was given more than once.", code="repeated_field")]
            for name in single
            if len(data.getlist(name)) > 1
        }


class NoInput(InputSerializer):
    """The body of a request that takes none."""


def require_no_body(request: Request) -> None:
    """Refuse what a body says where none is read; raises `ValidationError`."""
    NoInput.read(request.data)


def unknown_field(name: str, allowed: Iterable[str], place: str = "") -> ErrorDetail:
    """Return the sentence about a field that is not known, with those that are, the nearest first.

    `place` is the object of the body that would have it.
    """
    shown = name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…"
    choices = nearest_first(name, allowed)
    known = f"Allowed: {', '.join(choices)}." if choices else "Nothing is read here."
    hint = f" Inside of {place} there is one." if place else ""
    return ErrorDetail(f"There is no field “{shown}” here. {known}{hint}", code="unknown_field")
