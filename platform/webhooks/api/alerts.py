"""`organizations/{slug}/alerts/`: which events the caller is told of by mail."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Organization, TokenScope
from accounts.selectors.organizations import visible_organization
from webhooks.limits import MAILS_AN_HOUR
from webhooks.selectors.alerts import choice_of, mail_address_of
from webhooks.serializers import AlertsInput, AlertsSerializer
from webhooks.services.alerts import choose_alerts


class Alerts(APIView):
    """The caller's own alerts."""

    token_scope = TokenScope.ADMIN

    @extend_schema(summary="Show which events I am told of by mail", responses=AlertsSerializer)
    def get(self, request: Request, slug: str) -> Response:
        return Response(_shown(request, visible_organization(request.user, slug)))

    @extend_schema(
        summary="Choose which events I am told of by mail",
        description=f"Up to {MAILS_AN_HOUR} mails an hour for each organization: the last of them "
        "holds all events that wait. No mail is sent where the operator has set no mail server.",
        request=AlertsInput,
        responses=AlertsSerializer,
    )
    def put(self, request: Request, slug: str) -> Response:
        organization = visible_organization(request.user, slug)
        body = AlertsInput.read(request.data)
        choose_alerts(user=request.user, organization=organization, events=body["events"])
        return Response(_shown(request, organization))


def _shown(request: Request, organization: Organization) -> dict[str, object]:
    choice = choice_of(request.user, organization)
    sent_to = mail_address_of(request.user) if settings.MAIL_IS_SENT else ""
    shown = {"events": choice.events if choice else [], "sent_to": sent_to}
    return AlertsSerializer(shown).data
