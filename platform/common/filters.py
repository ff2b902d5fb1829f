"""List filters by an allow-list: a query parameter that no list knows is an error, not ignored."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django_filters import BooleanFilter, IsoDateTimeFilter, MultipleChoiceFilter
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend
from django_filters.widgets import BooleanWidget
from rest_framework.request import Request

from common.parameters import require_known
from common.texts import nfc

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
        """Return the filtered rows; raises `Invalid` with one entry per parameter not known."""
        filterset = self.get_filterset(request, queryset, view)
        filters = filterset.filters if filterset is not None else {}
        require_known(
            request.query_params,
            {*filters, *_page_parameters(view), *getattr(view, "query_parameters", ())},
            may_be_blank=_page_parameters(view),
            prefixes=tuple(getattr(view, "query_prefixes", ())),
            lists=[
                name for name, each in filters.items() if isinstance(each, MultipleChoiceFilter)
            ],
        )
        return super().filter_queryset(request, queryset, view)

    def get_filterset_kwargs(
        self, request: Request, queryset: QuerySet, view: "GenericAPIView"
    ) -> dict[str, Any]:
        """Pass the parameters on in NFC, as names are stored."""
        kwargs: dict[str, Any] = super().get_filterset_kwargs(request, queryset, view)
        data = QueryDict(mutable=True)
        for name, values in kwargs["data"].lists():
            data.setlist(nfc(name), [nfc(value) for value in values])
        return {**kwargs, "data": data}


def _page_parameters(view: "GenericAPIView") -> set[str]:
    paginator: Any = view.paginator
    return {paginator.cursor_query_param, paginator.page_size_query_param} if paginator else set()


class _TrueOrFalse(BooleanWidget):
    """Passes on what it does not understand, so that the field can refuse it."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        known = super().value_from_datadict(data, files, name)
        return data.get(name) if known is None else known


class StrictBooleanField(forms.NullBooleanField):
    """True or false in any case, 1 or 0, or nothing; all else is refused, not read as nothing."""

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


class MomentField(IsoDateTimeField):
    """A time in ISO 8601, in UTC: Postgres refuses offsets of 16 hours and more."""

    def to_python(self, value: Any) -> datetime | None:
        """Return the moment, None for an empty value; raises `ValidationError`."""
        moment: datetime | None = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class MomentFilter(IsoDateTimeFilter):
    """A filter by a moment in time; one without a time zone is in UTC."""

    field_class = MomentField
