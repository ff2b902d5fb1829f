"""List filters by an allow-list: a query parameter that no list knows is an error, not ignored."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import BooleanFilter
from django_filters.rest_framework import DjangoFilterBackend
from django_filters.widgets import BooleanWidget
from rest_framework.request import Request

from common.errors import FieldError, Invalid

if TYPE_CHECKING:
    # REST framework's views import this module through the settings.
    from rest_framework.generics import GenericAPIView


class AllowListFilterBackend(DjangoFilterBackend):
    """django-filter that answers 400 to whatever is neither a filter nor a page parameter.

    A view that reads a parameter by itself names it in `query_parameters`, or how the names of
    several begin in `query_prefixes`.
    """

    def filter_queryset(
        self, request: Request, queryset: QuerySet, view: "GenericAPIView"
    ) -> QuerySet:
        """Return the filtered rows; raises `Invalid` with one entry per unknown parameter."""
        allowed = self._allowed(request, queryset, view)
        prefixes = tuple(getattr(view, "query_prefixes", ()))
        names = {name for name in request.query_params if not name.startswith(prefixes)}
        if unknown := sorted(names - allowed):
            choices = ", ".join(sorted(allowed | {f"{prefix}…" for prefix in prefixes}))
            errors = [
                FieldError(f"/{name}", "unknown_parameter", f"Allowed here: {choices}.")
                for name in unknown
            ]
            raise Invalid(
                f"Unknown query parameter {', '.join(unknown)}. Allowed here: {choices}.",
                code="unknown_parameter",
                errors=errors,
            )
        return super().filter_queryset(request, queryset, view)

    def _allowed(self, request: Request, queryset: QuerySet, view: "GenericAPIView") -> set[str]:
        allowed = set(getattr(view, "query_parameters", ()))
        filterset = self.get_filterset(request, queryset, view)
        if filterset is not None:
            allowed.update(filterset.form.fields)
        paginator: Any = view.paginator
        if paginator is not None:
            allowed.update({paginator.cursor_query_param, paginator.page_size_query_param})
        return allowed


class _TrueOrFalse(BooleanWidget):
    """Passes on what it does not understand, so that the field can refuse it."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        known = super().value_from_datadict(data, files, name)
        return data.get(name) if known is None else known


class StrictBooleanField(forms.NullBooleanField):
    """True or false in any case, 1 or 0, or nothing; django-filter's own takes all else for nothing."""

    widget = _TrueOrFalse

    def clean(self, value: Any) -> bool | None:
        """Return the value, None for an empty one; raises `ValidationError`."""
        known: bool | None = super().clean(value)
        if known is None and value not in (None, ""):
            raise ValidationError(
                f"Allowed are true and false; {str(value)[:40]!r} was received.", code="invalid"
            )
        return known


class StrictBooleanFilter(BooleanFilter):
    """A filter by true or false that answers 400 to anything else."""

    field_class = StrictBooleanField
