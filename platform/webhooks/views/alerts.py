"""The page on which a person chooses what they are told of by mail, and the link that ends it."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from accounts.selectors.organizations import memberships_of, visible_organization
from common.page_query import KnownQuery
from webhooks.forms import AlertsForm
from webhooks.limits import MAILS_AN_HOUR
from webhooks.selectors.alerts import choice_of, mail_address_of
from webhooks.services.alerts import choose_alerts, stop_alerts
from webhooks.services.mail import choice_of_link


class FirstAlerts(LoginRequiredMixin, View):
    """The alerts of the person's first organization."""

    def get(self, request: HttpRequest) -> HttpResponse:
        membership = memberships_of(request.user).first()
        if membership is None:
            return redirect("accounts:organization_new")
        return redirect("webhooks:alerts", membership.organization.slug)


class AlertsPage(LoginRequiredMixin, KnownQuery):
    """What the person is told of, of one organization."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        organization = visible_organization(request.user, slug)
        choice = choice_of(request.user, organization)
        context = {
            "tab": "alerts",
            "organization": organization,
            "memberships": memberships_of(request.user),
            "form": AlertsForm(initial={"events": choice.events if choice else []}),
            "mail_is_sent": settings.MAIL_IS_SENT,
            "address": mail_address_of(request.user),
            "most": MAILS_AN_HOUR,
        }
        return render(request, "webhooks/alerts.html", context)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        organization = visible_organization(request.user, slug)
        choice = choose_alerts(
            user=request.user, organization=organization, events=request.POST.getlist("events")
        )
        number = len(choice.events)
        told = f"{number} kind{'' if number == 1 else 's'} of event" if number else "nothing"
        messages.success(request, f"You are told of {told} of {organization.name} by mail.")
        return redirect("webhooks:alerts", slug)


@method_decorator(csrf_exempt, name="dispatch")
class AlertsStop(View):
    """Ends a person's mails of one organization: who opens the link has the mail.

    Programs of mail post to it by themselves (RFC 8058), without a session and without a cookie;
    to open it changes nothing, because programs open links, too.
    """

    def get(self, request: HttpRequest, signed: str) -> HttpResponse:
        choice = choice_of_link(signed)
        return render(request, "webhooks/alerts_stop.html", {"choice": choice, "ended": False})

    def post(self, request: HttpRequest, signed: str) -> HttpResponse:
        choice = choice_of_link(signed)
        stop_alerts(choice)
        return render(request, "webhooks/alerts_stop.html", {"choice": choice, "ended": True})
