"""What every request passes: its charset, headers, its address's slash, the pages of errors."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.middleware import common
from django.shortcuts import render, resolve_url
from django.utils.http import urlencode

from common.error_pages import method_not_allowed, not_found
from common.errors import DomainError, NotFound, SignedOut
from common.problems import problem_page
from common.requests import came_from

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# The admin's Alpine.js has inline scripts and styles of its own.
RELAXED_POLICY = POLICY.replace(
    "script-src 'self'", "script-src 'self' 'unsafe-inline' 'unsafe-eval'"
).replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
RELAXED_PREFIXES = ("/admin/",)


class Utf8Middleware:
    """Reads every request as UTF-8, whatever charset it names.

    Our pages send nothing else and JSON knows nothing else. Django would take any codec that Python
    has, such as `hex`, and fail with it while it looks for the CSRF token.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        if request.encoding is not None:
            request.encoding = "utf-8"
        return self.get_response(request)


class CommonMiddleware(common.CommonMiddleware):
    """Sends readers from an address without its slash to the one with it, and no writer to the API.

    Clients follow such an answer to a POST with a GET, without the body, as if it had succeeded.
    """

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        """Whether the address lacks nothing but a slash, and nothing is lost on the way there."""
        writes = request.method not in ("GET", "HEAD") and request.path.startswith("/api/")
        return not writes and super().should_redirect_with_slash(request)


class PrivatePagesMiddleware:
    """No cache keeps what a signed-in person is answered, unless the view says otherwise.

    On a shared computer, the next person would find the pages by going back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self.get_response(request)
        user = getattr(request, "user", None)
        if "Cache-Control" not in response.headers and user is not None and user.is_authenticated:
            response.headers["Cache-Control"] = "private, no-store"
        return response


class ContentSecurityPolicyMiddleware:
    """Set Content-Security-Policy unless the view has set a stricter one of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with the header added."""
        response = self.get_response(request)
        relaxed = request.path.startswith(RELAXED_PREFIXES)
        response.headers.setdefault(
            "Content-Security-Policy", RELAXED_POLICY if relaxed else POLICY
        )
        return response


class DomainErrorMiddleware:
    """Answer a `DomainError` that a page's view lets pass with its status and its sentence.

    htmx gets the problem document, which the page shows as a toast; everything else an HTML page.
    The API has its own handler, `common.problems.problem_response`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the answer to a `DomainError`, None for everything else."""
        if not isinstance(exception, DomainError):
            return None
        if request.headers.get("HX-Request") == "true":
            return problem_page(exception)
        if isinstance(exception, NotFound):
            return not_found(request, exception)
        return render(request, "problem.html", {"problem": exception}, status=exception.status)


class MethodNotAllowedMiddleware:
    """Give the empty refusal of a view our page; the API and htmx have answers of their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self.get_response(request)
        bare = response.status_code == 405 and not response.streaming and not response.content
        if bare and request.headers.get("HX-Request") != "true":
            return method_not_allowed(request, response)
        return response


class SignedOutMiddleware:
    """Say what a sign-in page cannot: htmx gets 401, and a form comes back to its page.

    htmx would put the whole sign-in page where a number was asked for. The address that a form is
    sent to often answers nothing but forms, so after signing in the page where it stood is opened;
    `unsent` lets drafts.js fill it in again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self.get_response(request)
        # With `next`, as for everyone who has to sign in first; allauth leads there without, too.
        asks = response.status_code == 302 and response.headers["Location"].startswith(
            f"{resolve_url(settings.LOGIN_URL)}?{REDIRECT_FIELD_NAME}="
        )
        if asks and request.headers.get("HX-Request") == "true":
            return problem_page(SignedOut("You are signed out. Reload the page to sign in again."))
        if asks and request.method not in ("GET", "HEAD"):
            back = came_from(request) or resolve_url(settings.LOGIN_REDIRECT_URL)
            query = urlencode({"next": back, "unsent": "1"})
            sign_in = f"{resolve_url(settings.LOGIN_URL)}?{query}"
            response.headers["Location"] = sign_in
        return response
