"""The pages Webhooks of an organization, and of one webhook: for its admins."""

import json
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.models import Organization
from accounts.policies import require_role
from accounts.roles import Role
from accounts.selectors.organizations import memberships_of, visible_organization
from common import shown_once
from common.errors import Conflict, FieldError, Invalid
from common.page_query import KnownQuery, one_of
from webhooks.events import SENT_EVENTS, Event
from webhooks.forms import WebhookForm
from webhooks.limits import KEEP_DAYS, MOST_ENDPOINTS, RETRY_SECONDS, TRY_SECONDS
from webhooks.models import DeliveryStatus, WebhookEndpoint
from webhooks.outgoing.signing import message_id
from webhooks.selectors.endpoints import (
    deliveries_of,
    endpoints_of,
    managed_delivery,
    managed_endpoint,
)
from webhooks.services.endpoints import (
    add_endpoint,
    change_endpoint,
    remove_endpoint,
    rotate_secret,
    secrets_of,
)
from webhooks.services.tries import replay, send_test

PAGE_SIZE = 30


class FirstWebhooks(LoginRequiredMixin, View):
    """The webhooks of the first organization where the person is an admin."""

    def get(self, request: HttpRequest) -> HttpResponse:
        first = memberships_of(request.user).filter(role__in=Role.ADMIN.at_least()).first()
        if first is None:
            return render(request, "webhooks/no_admin.html", {"tab": "webhooks"})
        return redirect("webhooks:list", first.organization.slug)


class WebhookListPage(LoginRequiredMixin, KnownQuery):
    """An organization's webhooks, and the form for a new one."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        return _list(request, _managed(request, slug), WebhookForm())

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Add one; its page shows the secret once."""
        organization = _managed(request, slug)
        form = WebhookForm(request.POST)
        if not form.is_valid():
            return _list(request, organization, form, status=422)
        try:
            endpoint, secret = add_endpoint(
                user=request.user, organization=organization, **form.cleaned_data
            )
        except (Invalid, Conflict) as error:
            _add_errors(error, form)
            status = 409 if isinstance(error, Conflict) else 422
            return _list(request, organization, form, status=status)
        return _show_secret(request, endpoint, secret)


@method_decorator(never_cache, name="dispatch")
class WebhookPage(LoginRequiredMixin, KnownQuery):
    """One webhook: how it stands, what was sent, and its settings."""

    query_parameters = ("status", "event", "page")

    def get(self, request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
        endpoint = managed_endpoint(request.user, endpoint_id)
        response = _page(request, endpoint, _form_of(endpoint))
        shown_once.forget(response, request=request)
        return response

    def post(self, request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
        """Change where to and what of."""
        endpoint = managed_endpoint(request.user, endpoint_id)
        form = WebhookForm(request.POST)
        if not form.is_valid():
            return _page(request, endpoint, form, status=422)
        try:
            change_endpoint(user=request.user, endpoint=endpoint, **form.cleaned_data)
        except Invalid as error:
            _add_errors(error, form)
            return _page(request, endpoint, form, status=422)
        messages.success(request, "The webhook is changed.")
        return redirect("webhooks:endpoint", endpoint_id)


class WebhookSwitch(LoginRequiredMixin, View):
    """Switches a webhook off or on."""

    def post(self, request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
        endpoint = managed_endpoint(request.user, endpoint_id)
        enabled = one_of("enabled", request.POST.get("enabled", ""), ("true", "false")) == "true"
        change_endpoint(user=request.user, endpoint=endpoint, enabled=enabled)
        messages.success(request, f"The webhook is switched {'on' if enabled else 'off'}.")
        return redirect("webhooks:endpoint", endpoint_id)


class WebhookRemove(LoginRequiredMixin, View):
    """Removes a webhook with its log."""

    def post(self, request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
        endpoint = managed_endpoint(request.user, endpoint_id)
        remove_endpoint(user=request.user, endpoint=endpoint)
        messages.success(request, f"The webhook to {endpoint.url} is removed.")
        return redirect("webhooks:list", endpoint.organization.slug)


class WebhookSecretPage(LoginRequiredMixin, View):
    """Makes a new secret."""

    def post(self, request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
        endpoint = managed_endpoint(request.user, endpoint_id)
        secret = rotate_secret(user=request.user, endpoint=endpoint)
        return _show_secret(request, endpoint, secret)


class WebhookTestPage(LoginRequiredMixin, View):
    """Sends a test event."""

    def post(self, request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
        endpoint = managed_endpoint(request.user, endpoint_id)
        send_test(user=request.user, endpoint=endpoint)
        messages.success(request, "A test event is on its way: it stands first among deliveries.")
        return redirect("webhooks:endpoint", endpoint_id)


class DeliveryReplayPage(LoginRequiredMixin, View):
    """Sends a delivery once more."""

    def post(self, request: HttpRequest, delivery_id: uuid.UUID) -> HttpResponse:
        delivery = managed_delivery(request.user, delivery_id)
        replay(user=request.user, delivery=delivery)
        messages.success(request, "It is on its way once more, with the same webhook-id.")
        return redirect("webhooks:endpoint", delivery.endpoint_id)


def _managed(request: HttpRequest, slug: str) -> Organization:
    organization = visible_organization(request.user, slug)
    require_role(user=request.user, organization=organization, role=Role.ADMIN)
    return organization


def _list(
    request: HttpRequest, organization: Organization, form: WebhookForm, status: int = 200
) -> HttpResponse:
    managed = memberships_of(request.user).filter(role__in=Role.ADMIN.at_least())
    context = {
        "tab": "webhooks",
        "organization": organization,
        "memberships": managed,
        "endpoints": endpoints_of(organization),
        "form": form,
        "most": MOST_ENDPOINTS,
    }
    return render(request, "webhooks/list.html", context, status=status)


def _form_of(endpoint: WebhookEndpoint) -> WebhookForm:
    return WebhookForm(initial={"url": endpoint.url, "events": endpoint.events})


def _page(
    request: HttpRequest, endpoint: WebhookEndpoint, form: WebhookForm, status: int = 200
) -> HttpResponse:
    state = one_of("status", request.GET.get("status", ""), DeliveryStatus.values)
    event = one_of("event", request.GET.get("event", ""), dict(SENT_EVENTS))
    chosen = {name: value for name, value in (("status", state), ("event", event)) if value}
    deliveries = deliveries_of(endpoint)
    page = Paginator(deliveries.filter(**chosen), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "tab": "webhooks",
        "endpoint": endpoint,
        "organization": endpoint.organization,
        "chosen_events": [Event(event).label for event in endpoint.events],
        "form": form,
        "secret": shown_once.take(request) or "",
        "old_secret_signs": len(secrets_of(endpoint)) > 1,
        "page": page,
        "rows": [_row(delivery) for delivery in page],
        "has_any": deliveries.exists(),
        # Tests, which are tried at once: to look again for retries would close what people read.
        "waiting": any(
            delivery.status == DeliveryStatus.WAITING and delivery.next_try_at is None
            for delivery in page
        ),
        "state": state,
        "states": DeliveryStatus.choices,
        "event": event,
        "events": SENT_EVENTS,
        "tries": len(RETRY_SECONDS) + 1,
        "try_seconds": int(TRY_SECONDS),
        "keep_days": KEEP_DAYS,
    }
    return render(request, "webhooks/endpoint.html", context, status=status)


def _row(delivery: Any) -> dict[str, Any]:
    attempts = delivery.shown_attempts
    return {
        "delivery": delivery,
        "label": dict(SENT_EVENTS)[delivery.event],
        "webhook_id": message_id(delivery.pk),
        "attempts": attempts,
        "last": attempts[0] if attempts else None,
        "body": json.dumps(json.loads(delivery.body), indent=2, ensure_ascii=False),
    }


def _show_secret(request: HttpRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    response = redirect("webhooks:endpoint", endpoint.pk)
    path = reverse("webhooks:endpoint", args=[endpoint.pk])
    shown_once.hand_over(response, request=request, path=path, value=secret)
    return response


def _add_errors(error: Invalid | Conflict, form: WebhookForm) -> None:
    for fault in error.errors or [FieldError("", error.code, f"{error.detail} {error.hint}")]:
        name = fault.pointer.removeprefix("/")
        form.add_error(name if name in form.fields else None, fault.detail.strip())
