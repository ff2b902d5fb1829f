"""What middleware adds to a request, and where a request came from."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request that passed django-htmx's middleware."""

    htmx: HtmxDetails


def came_from(request: HttpRequest) -> str:
    """Return path and query of the page of ours that the request came from, empty for none."""
    referrer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referrer, {request.get_host()}):
        return ""
    parts = urlsplit(referrer)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    # `http://us//elsewhere` is on our host, and its path alone is the address of another.
    leads_here = path.startswith("/") and url_has_allowed_host_and_scheme(path, None)
    return path if leads_here else ""
