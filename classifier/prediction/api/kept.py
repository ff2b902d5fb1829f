"""`predictions/` and `organizations/{slug}/prediction-keeping/`."""

import uuid
from functools import partial

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import generics, status, views
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from accounts.selectors.organizations import organization_for_work, visible_organization
from classifier.models import FeedbackSource, KeptImage, KeptPrediction
from classifier.prediction.filters import KeptPredictionFilter
from classifier.prediction.selectors.kept import (
    keeping_of,
    kept_figures,
    kept_image,
    kept_predictions,
)
from classifier.prediction.selectors.predictions import prediction_with_images, visible_prediction
from classifier.prediction.serializers.kept import (
    DeletedSerializer,
    DeletePredictionsInput,
    FeedbackInput,
    FeedbackSerializer,
    KeepingInput,
    KeepingSerializer,
    KeptListSerializer,
    PredictionSerializer,
    shown_keeping,
    shown_prediction,
)
from classifier.prediction.services.delete_kept import delete_all_kept, delete_kept
from classifier.prediction.services.give_feedback import give_feedback, take_back_feedback
from classifier.prediction.services.set_keeping import (
    WhatIsThere,
    keep_predictions,
    stop_keeping,
)
from common.inputs import require_no_body
from common.negotiation import AnyAccept
from common.served_images import ASK_EACH_TIME, BY_ETAG, IMAGES, NOT_MODIFIED, served
from common.thumbnails import may_be_own_thumbnail
from storage import durable
from storage.names import kept_thumbnail_name

_GONE = "The file of this image is gone from the store."


@extend_schema_view(
    get=extend_schema(
        summary="Predictions whose images are kept",
        description="Of the caller's organizations, also those that built-in models and models "
        "shared with them answered; the owner of a shared model sees none of them. Only where an "
        "organization keeps its predictions (`organizations/{slug}/prediction-keeping/`).",
        responses=PredictionSerializer(many=True),
    )
)
class KeptPredictionList(generics.ListAPIView):
    """Kept predictions."""

    serializer_class = KeptListSerializer
    filterset_class = KeptPredictionFilter
    queryset = KeptPrediction.objects.none()

    def get_queryset(self):
        return kept_predictions(self.request.user).prefetch_related("prediction__feedback__images")


class PredictionDetail(views.APIView):
    """One prediction."""

    @extend_schema(summary="Show a prediction", responses=PredictionSerializer)
    def get(self, request: Request, prediction_id: uuid.UUID) -> Response:
        found = prediction_with_images(request.user, prediction_id)
        return Response(PredictionSerializer(shown_prediction(*found)).data)

    @extend_schema(
        summary="Delete a kept prediction",
        description="With its images, name, answer and feedback, for ever. 404 where its images "
        "are not kept. Needs the role editor.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, prediction_id: uuid.UUID) -> Response:
        require_no_body(request)
        prediction = visible_prediction(request.user, prediction_id)
        delete_kept(
            user=request.user,
            organization=prediction.organization,
            prediction_ids=[prediction.pk],
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class DeletePredictions(views.APIView):
    """Many at once."""

    @extend_schema(
        summary="Delete kept predictions",
        description="With their images, names, answers and feedback, for ever: all that are named, "
        "or none (404). Needs the role editor; `all` needs admin, and from then on no one sees "
        "them: their files go within minutes.",
        request=DeletePredictionsInput,
        responses=DeletedSerializer,
    )
    def post(self, request: Request) -> Response:
        body = DeletePredictionsInput.read(request.data)
        organization = organization_for_work(request.user, body.get("organization"))
        if body.get("all"):
            count = delete_all_kept(user=request.user, organization=organization)
        else:
            count = delete_kept(
                user=request.user,
                organization=organization,
                prediction_ids=body["predictions"],
            )
        return Response({"deleted": count})


class PredictionImage(views.APIView):
    """The file of an image that was asked about."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="The image file of a prediction",
        description="Without metadata, otherwise as it was sent. `place` counts the images of one "
        "thing from 0. 409 `not_kept` where it is not kept.",
        responses={**IMAGES, **NOT_MODIFIED},
        parameters=BY_ETAG,
    )
    def get(self, request: Request, prediction_id: uuid.UUID, place: int) -> HttpResponseBase:
        image = kept_image(request.user, prediction_id, place)
        read = partial(durable.read, image.file)
        return served(request, image.sha256, read, _GONE, cached=ASK_EACH_TIME)


class PredictionThumbnail(views.APIView):
    """An image of at most 256 pixels."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="The thumbnail of a prediction's image",
        responses={**IMAGES, **NOT_MODIFIED},
        parameters=BY_ETAG,
    )
    def get(self, request: Request, prediction_id: uuid.UUID, place: int) -> HttpResponseBase:
        image = kept_image(request.user, prediction_id, place)
        read = partial(_thumbnail, image)
        return served(request, f"{image.sha256}.small", read, _GONE, cached=ASK_EACH_TIME)


def _thumbnail(image: KeptImage) -> bytes:
    try:
        return durable.read(kept_thumbnail_name(image.file))
    except FileNotFoundError:
        if not may_be_own_thumbnail(width=image.width, height=image.height, size=image.bytes):
            raise
        return durable.read(image.file)


class PredictionFeedbackDetail(views.APIView):
    """The true class of a prediction."""

    @extend_schema(
        summary="Say what the true class of a prediction is",
        description="What was said before is replaced; the audit log keeps it. With "
        "`add_to_dataset` the image becomes an image of that class there, once. 409 `not_kept` "
        "where the image is not kept, `labelled_otherwise` where the dataset has it in another "
        "class. Needs the role editor.",
        request=FeedbackInput,
        responses={201: FeedbackSerializer},
    )
    def post(self, request: Request, prediction_id: uuid.UUID) -> Response:
        prediction = visible_prediction(request.user, prediction_id)
        body = FeedbackInput.read(request.data, context={"request": request})
        feedback = give_feedback(
            user=request.user,
            prediction=prediction,
            class_name=body["class_name"],
            add_to_dataset=body.get("add_to_dataset"),
            source=FeedbackSource.API,
        )
        return Response(FeedbackSerializer(feedback).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Take feedback back",
        description="Images that it has put into a dataset stay there. Needs the role editor.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, prediction_id: uuid.UUID) -> Response:
        require_no_body(request)
        prediction = visible_prediction(request.user, prediction_id)
        take_back_feedback(user=request.user, prediction=prediction)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PredictionKeepingDetail(views.APIView):
    """Whether an organization keeps its predictions."""

    token_scope = TokenScope.ADMIN

    @extend_schema(
        summary="Show whether an organization keeps its predictions", responses=KeepingSerializer
    )
    def get(self, request: Request, slug: str) -> Response:
        organization = visible_organization(request.user, slug)
        return Response(_shown(organization))

    @extend_schema(
        summary="Switch the keeping of predictions on or off",
        description="Off until an admin switches it on. On: the image of each prediction is kept "
        "without its metadata for `days`, all together in `max_bytes`; when there is no more room "
        "the oldest go. 409 `quota_exceeded` where the organization's storage has not that much "
        "left. Fewer days hold for what is there, too. Off: `what_is_there` says what becomes of "
        "it (409 `say_what_happens` without). Needs the role admin.",
        request=KeepingInput,
        responses=KeepingSerializer,
    )
    def put(self, request: Request, slug: str) -> Response:
        organization = visible_organization(request.user, slug)
        body = KeepingInput.read(request.data)
        if body["enabled"]:
            keep_predictions(
                user=request.user,
                organization=organization,
                days=body["days"],
                max_bytes=body["max_bytes"],
            )
        else:
            said = body.get("what_is_there")
            stop_keeping(
                user=request.user,
                organization=organization,
                what_is_there=WhatIsThere(said) if said else None,
            )
        return Response(_shown(organization))


def _shown(organization):
    shown = shown_keeping(keeping_of(organization), kept_figures(organization))
    return KeepingSerializer(shown).data
