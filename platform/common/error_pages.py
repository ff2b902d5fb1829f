"""What is answered outside of any view: nothing at the address, a refused request, our fault."""

from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults

from common.errors import Forbidden, Invalid, NotFound
from common.problems import STALE_PAGE, internal_problem, problem_page, suspicious
from common.requests import came_from


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a problem document below /api/, and a page elsewhere."""
    if _is_api(request):
        hint = "" if request.path.endswith("/") else "Addresses of the API end in a slash."
        return problem_page(NotFound("There is nothing at this address.", hint=hint))
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: SuspiciousOperation) -> HttpResponse:
    """Answer what Django refused before any view: a problem document or a page, as above."""
    if not _is_api(request):
        return defaults.bad_request(request, exception)
    if isinstance(exception, DisallowedHost):
        return problem_page(
            Invalid(
                "This Loupe does not answer to the host name that the request gives.",
                code="unknown_host",
                hint="Its operator names the right one in LOUPE_PUBLIC_URL.",
            )
        )
    return problem_page(suspicious(exception))


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token is out of date, as after a sign-in in another tab."""
    if request.headers.get("HX-Request") == "true":
        return problem_page(Forbidden(STALE_PAGE, code="stale_page"))
    context = {"form_url": came_from(request)}
    return render(request, "403_csrf.html", context, status=403)


def method_not_allowed(request: HttpRequest, refusal: HttpResponse) -> HttpResponse:
    """Answer with a page where a browser would show its own: no one can open this address."""
    context = {"method": request.method, "back_url": came_from(request)}
    page = render(request, "405.html", context, status=405)
    page.headers["Allow"] = refusal.headers["Allow"]
    return page


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a fault of ours outside of any view; Django has logged it."""
    return internal_problem() if _is_api(request) else defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
