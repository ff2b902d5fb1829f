"""`models/{id}/try-links/`, `try-links/{id}/`, and `try/` for people who have such a link."""

import uuid

from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import generics, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import TokenScope
from classifier.models import TryLink
from classifier.prediction.selectors.try_links import (
    address_of,
    try_link_by_secret,
    try_links_of,
    visible_try_link,
)
from classifier.prediction.serializers.try_links import (
    LIMITS,
    NewTryLinkSerializer,
    TryAnswerSerializer,
    TryImageInput,
    TryLinkInput,
    TryLinkSerializer,
    TryPageSerializer,
)
from classifier.prediction.services.try_links.ask import ask_by_link
from classifier.prediction.services.try_links.manage import make_try_link, revoke_try_link
from classifier.registry.selectors.models import visible_model
from common.inputs import require_no_body
from common.multipart import FormParser

HEADER = "Loupe-Try-Link"
_SECRET = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="What stands behind `#` in the link.",
)
_NO_LINK = OpenApiResponse(description="The link does not work (`try_link_invalid`).")


@extend_schema_view(get=extend_schema(summary="The links by which anyone may ask a model"))
class TryLinkList(generics.ListAPIView):
    """Links by which anyone may ask a model for a while."""

    token_scope = TokenScope.ADMIN
    serializer_class = TryLinkSerializer
    queryset = TryLink.objects.none()

    def get_queryset(self):
        return try_links_of(
            self.request.user, visible_model(self.request.user, self.kwargs["model_id"])
        )

    @extend_schema(
        summary="Make a link by which anyone may ask a model",
        description="Who has the link may ask the model's live version about images, one at a "
        "time, until it expires, is revoked or used up: no more, and nothing of the images is "
        f"kept. {LIMITS} Needs the role editor.",
        request=TryLinkInput,
        responses={201: NewTryLinkSerializer},
    )
    def post(self, request: Request, model_id: uuid.UUID) -> Response:
        model = visible_model(request.user, model_id)
        body = TryLinkInput.read(request.data)
        link, secret = make_try_link(
            user=request.user,
            model=model,
            name=body["name"],
            days=body["expires_in_days"],
            max_predictions=body["max_predictions"],
        )
        made = NewTryLinkSerializer(link, context={"url": address_of(secret)})
        return Response(made.data, status=status.HTTP_201_CREATED)


class TryLinkDetail(generics.GenericAPIView):
    """One of them."""

    token_scope = TokenScope.ADMIN
    serializer_class = TryLinkSerializer

    @extend_schema(
        summary="Revoke a try link",
        description="From the next request on it opens nothing. Needs the role editor.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, link_id: uuid.UUID) -> Response:
        require_no_body(request)
        revoke_try_link(user=request.user, link=visible_try_link(request.user, link_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Try(APIView):
    """What a try link opens: no session and no token counts here, the link alone."""

    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = [FormParser]

    @extend_schema(
        summary="Show what a try link opens",
        parameters=[_SECRET],
        responses={200: TryPageSerializer, 404: _NO_LINK},
        auth=[],
    )
    def get(self, request: Request) -> Response:
        link = try_link_by_secret(request.headers.get(HEADER, ""))
        shown = {
            "model_name": link.model.name,
            "organization_name": str(link.model.organization),
            "expires_at": link.expires_at,
            "predictions_left": link.max_predictions - link.predictions,
        }
        return Response(TryPageSerializer(shown).data)

    @extend_schema(
        summary="Ask a model about an image by a try link",
        description="The five most probable classes. More in a minute than may be: 429 "
        "`try_link_busy`. A file that is no image: 422. Nothing of the image is kept.",
        parameters=[_SECRET],
        request={"multipart/form-data": TryImageInput},
        responses={200: TryAnswerSerializer, 404: _NO_LINK},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        link = try_link_by_secret(request.headers.get(HEADER, ""))
        body = TryImageInput.read(request.data)
        answer = ask_by_link(link=link, content=body["image"].read())
        return Response(TryAnswerSerializer(answer).data)
