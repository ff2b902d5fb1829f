"""What is answered outside of any view: nothing at the address, a request refused, a fault of ours."""

from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from common.errors import Invalid, NotFound
from common.problems import internal_problem, problem_page, suspicious


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
                hint="Whoever runs it names the right one in LOUPE_PUBLIC_URL.",
            )
        )
    return problem_page(suspicious(exception))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a fault of ours outside of any view; Django has logged it."""
    return internal_problem() if _is_api(request) else defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
