"""What an address without anything behind it answers."""

from django.http import HttpRequest, HttpResponse
from django.views.defaults import page_not_found

from common.errors import NotFound
from common.problems import problem_page


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a problem document below /api/, and a page elsewhere."""
    if request.path.startswith("/api/"):
        return problem_page(NotFound("There is nothing at this address."))
    return page_not_found(request, exception)
