"""The way to the OpenID provider."""

import logging

import requests
from allauth.socialaccount.providers.openid_connect.views import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from common.errors import Unavailable

logger = logging.getLogger(__name__)


@method_decorator(never_cache, name="dispatch")
class OpenIDLogin(View):
    """Starts the sign-in at the provider.

    A page leads on to it: browsers take `form-action 'self'` to forbid that a form is answered with
    a redirect to another host, and to any further one that the provider itself redirects to.
    """

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, provider_id: str) -> HttpResponse:
        """Ask first: a link from elsewhere starts nothing."""
        return login(request, provider_id)

    def post(self, request: HttpRequest, provider_id: str) -> HttpResponse:
        """Lead to the provider; raises `Unavailable` where it cannot be asked where its page is."""
        try:
            answer = login(request, provider_id)
        except requests.RequestException as error:
            logger.warning("the OpenID provider cannot be asked: %s", error)
            raise Unavailable(
                "The single sign-on of this Loupe does not answer.",
                hint="Try again later. People with a password here can sign in with it.",
            ) from error
        if answer.status_code != 302:
            return answer
        return render(request, "socialaccount/onward.html", {"address": answer["Location"]})
