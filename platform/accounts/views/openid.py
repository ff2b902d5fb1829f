"""The way to the OpenID provider."""

from allauth.socialaccount.providers.openid_connect.views import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache


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
        answer = login(request, provider_id)
        if answer.status_code != 302:
            return answer
        return render(request, "socialaccount/onward.html", {"address": answer["Location"]})
