"""`auth/tokens/`: list, make and revoke the caller's tokens."""

import uuid
from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import (
    APITokenAuthentication,
    PasswordAuthentication,
    require_recent_sign_in,
)
from accounts.models import APIToken, TokenScope
from accounts.selectors.tokens import token_of, tokens_of
from accounts.serializers.tokens import NewTokenSerializer, TokenInput, TokenSerializer
from accounts.services.tokens import create_token, revoke_token
from common.inputs import require_no_body

AUTHENTICATION = [APITokenAuthentication, PasswordAuthentication, SessionAuthentication]


class TokenList(generics.ListAPIView):
    """The caller's tokens."""

    authentication_classes = AUTHENTICATION
    token_scope = TokenScope.ADMIN
    serializer_class = TokenSerializer
    queryset = APIToken.objects.none()

    def get_queryset(self):
        return tokens_of(self.request.user)

    @extend_schema(
        summary="Make a token",
        description="With HTTP Basic, a session in which the person has signed in within the last "
        "15 minutes (else 403 `reauthentication_required`), or a token that has the scope `admin`, "
        "which makes none that may do more than itself or outlives it, and takes those it made "
        "along when it is revoked. HTTP Basic is refused (403 `second_factor_required`) to an "
        "account with a second factor: see `POST auth/device/`.",
        request=TokenInput,
        responses={201: NewTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        require_recent_sign_in(request)
        body = TokenInput.read(request.data)
        made_with = request.auth if isinstance(request.auth, APIToken) else None
        token, secret = create_token(user=request.user, made_with=made_with, **body)
        token.token = secret
        return Response(NewTokenSerializer(token).data, status=status.HTTP_201_CREATED)


class TokenDetail(generics.GenericAPIView):
    """One of the caller's tokens."""

    authentication_classes = AUTHENTICATION
    token_scope = TokenScope.ADMIN
    serializer_class = TokenSerializer

    def get_permissions(self) -> Sequence[Any]:
        """Let every token give itself up, whatever its scopes: that takes power away, only."""
        token = self.request.auth
        if isinstance(token, APIToken) and token.pk == self.kwargs["token_id"]:
            return [IsAuthenticated()]
        return super().get_permissions()

    @extend_schema(
        summary="Revoke a token",
        description="With a token: one that has the scope `admin`, or the token itself.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, token_id: uuid.UUID) -> Response:
        require_no_body(request)
        revoke_token(user=request.user, token=token_of(request.user, token_id))
        return Response(status=status.HTTP_204_NO_CONTENT)
