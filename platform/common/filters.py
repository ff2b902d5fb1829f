"""List filters by an allow-list: a query parameter that no list knows is an error, not ignored."""

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
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
