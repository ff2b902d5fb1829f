"""The page that asks for a mail with a link to choose a new password."""

from allauth.account.views import PasswordResetView
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class PasswordReset(PasswordResetView):
    """allauth's page; where Loupe sends no mail it says so and sends people to no mailbox."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if settings.MAIL_IS_SENT:
            return super().dispatch(request, *args, **kwargs)
        status = 200 if request.method in ("GET", "HEAD") else 409
        return render(request, "account/password_reset_without_mail.html", status=status)
