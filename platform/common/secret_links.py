"""Links that open something for anyone who has them: how they stay out of logs."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Invitations, new passwords, confirmed addresses, the end of a person's mails. nginx's
# configuration names them too (docker/nginx/loupe.conf).
SECRET_LINKS = (
    "/team/invitations/",
    "/accounts/password/reset/key/",
    "/accounts/confirm-email/",
    "/alerts/stop/",
)
# A page that leads on may carry such a link.
_ON_THE_WAY = "next="
# As a path, and as the value of a query, which may stand in another one.
_SLASH = "%(?:25)*2F"
_LINKS = "|".join(f"{link}|{link.replace('/', _SLASH)}" for link in SECRET_LINKS)
_SECRET = re.compile(rf"""({_LINKS})(?:(?!{_SLASH})[^/\s?&"'])+""", re.IGNORECASE)


def without_secret_links(text: str) -> str:
    """Return the text with `…` in the place of each link's secret."""
    return _SECRET.sub(r"\1…", text)


class SecretLinksMiddleware:
    """Has browsers say of such a page no more than its origin to where its links and files lead.

    A page's address would stand as `Referer` in the log of every proxy. Not `no-referrer`: a form's
    `Origin` would be `null` then, which Django refuses.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self.get_response(request)
        leads_on = _ON_THE_WAY in request.META.get("QUERY_STRING", "")
        if leads_on or request.path.startswith(SECRET_LINKS):
            response.headers.setdefault("Referrer-Policy", "strict-origin")
        return response
