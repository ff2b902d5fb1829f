"""`auth/device/`: a token for a program that cannot show a sign-in page (RFC 8628)."""

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers.devices import DeviceAuthorizationSerializer, DeviceTokenInput
from accounts.serializers.tokens import NewTokenSerializer, TokenInput
from accounts.services.device_requests import INTERVAL, LIFETIME, ask_for_token, collect_token


class DeviceRequests(APIView):
    """Where a program begins."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [AllowAny]

    @extend_schema(
        summary="Ask for a token that a person approves",
        description="For programs without a sign-in page, and the way for accounts with a second "
        "factor. Show the person `user_code` and `verification_uri`; poll "
        "`POST auth/device/token/` until they have approved. Twenty a minute for an address.",
        request=TokenInput,
        responses={200: DeviceAuthorizationSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        if not ratelimit.consume(request._request, action="device_request"):
            raise Throttled(wait=60, detail="Too many requests for tokens from your address.")
        body = TokenInput.read(request.data)
        address = get_adapter().get_client_ip(request._request)
        wish, device_code = ask_for_token(**body, address=address)
        answer = {
            "device_code": device_code,
            "user_code": wish.user_code,
            "verification_uri": f"{settings.PUBLIC_URL}{reverse('accounts:device')}",
            "expires_in": int(LIFETIME.total_seconds()),
            "interval": int(INTERVAL.total_seconds()),
        }
        return Response(DeviceAuthorizationSerializer(answer).data)


class DeviceToken(APIView):
    """Where it polls."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [AllowAny]

    @extend_schema(
        summary="Fetch the token of an approved request",
        description="Until then 400 with the code `authorization_pending`; `slow_down` when asked "
        "sooner than after `interval`; `access_denied`; `expired_token`; `invalid_grant` for a "
        "code that is unknown or whose token was fetched.",
        request=DeviceTokenInput,
        responses={200: NewTokenSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        body = DeviceTokenInput.read(request.data)
        token, secret = collect_token(**body)
        token.token = secret
        return Response(NewTokenSerializer(token).data)
