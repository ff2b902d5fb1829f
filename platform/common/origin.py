"""Where the request at work came from. For the audit log, which every service writes, and no more:
what a service does must not depend on it."""

import ipaddress
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

_address: ContextVar[str | None] = ContextVar("client_address", default=None)


def client_address() -> str | None:
    """Return the address of the client, None outside of a request (a worker, manage.py)."""
    return _address.get()


class OriginMiddleware:
    """Notes the client's address while its request is at work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        token = _address.set(_valid(request.META.get("REMOTE_ADDR", "")))
        try:
            return self.get_response(request)
        finally:
            _address.reset(token)


def _valid(address: str) -> str | None:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None
