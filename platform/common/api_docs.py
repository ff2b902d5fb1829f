"""The page that shows the API, to everybody, signed in or not: what it holds is no secret."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from common.api_reference import PREFIX, api_reference


@require_GET
def api_docs(request: HttpRequest) -> HttpResponse:
    """Show every call and every shape on one page, made from the OpenAPI schema."""
    context = {
        "reference": api_reference(),
        "base": request.build_absolute_uri(PREFIX),
        "prefix": PREFIX,
    }
    return render(request, "api_docs.html", context)
