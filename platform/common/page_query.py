"""Query parameters of pages: what an address does not know is refused by name, as in the API."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.views import View

from common.errors import FieldError, Invalid
from common.parameters import require_known


class KnownQuery(View):
    """A page that reads the `query_parameters` of its address and refuses all others.

    Forms send fields that are left blank, so any may be. `page` is a number from 1. Those in
    `repeated_parameters` may be given several times.
    """

    query_parameters: ClassVar[Collection[str]] = ()
    repeated_parameters: ClassVar[Collection[str]] = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer the request; raises `Invalid` for an address that asks for something else."""
        require_known(
            request.GET,
            self.query_parameters,
            lists=self.repeated_parameters,
            may_be_blank=list(request.GET),
        )
        page = request.GET.get("page", "")
        if page and not (page.isascii() and page.isdigit() and int(page[:9]) > 0):
            raise Invalid(
                f"page must be a number from 1; received {page[:40]!r}.",
                errors=[FieldError("/page", "invalid", "A number from 1.")],
            )
        return super().dispatch(request, *args, **kwargs)


def one_of(name: str, value: str, allowed: Collection[str]) -> str:
    """Return a parameter's value, which may be empty; raises `Invalid` for one not allowed."""
    if value and value not in allowed:
        detail = f"{name} must be one of {', '.join(allowed)}; received {value[:40]!r}."
        raise Invalid(detail, errors=[FieldError(f"/{name}", "invalid_choice", detail)])
    return value
