"""Pages go out compressed, so that secrets in them stay secret (BREACH, breachattack.com).

Who can make a person's browser ask for a page, and see how long the answer is, guesses a secret
that the page repeats with what was asked for. So: the CSRF token is masked with other bytes in
every answer, up to 100 random bytes blur each length (both Django's doing), and a page that is to
be kept nowhere, because it shows a token or an invitation's link, is not compressed at all.
"""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class PageCompressionMiddleware(GZipMiddleware):
    """Compresses HTML alone: event streams must not wait, files and pictures are packed already."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the answer, compressed where that is worth it and safe."""
        html = response.headers.get("Content-Type", "").startswith("text/html")
        if not isinstance(response, HttpResponse) or not html:
            return response
        if "no-store" in response.headers.get("Cache-Control", ""):
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed
