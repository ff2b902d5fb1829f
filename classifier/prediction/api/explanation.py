"""`images/{id}/explanation/` and `predictions/{id}/explanation/`."""

import base64
import hashlib
import uuid
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseBase, HttpResponseNotModified
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import views
from rest_framework.request import Request

from accounts.authentication import require_scope
from accounts.models import TokenScope
from classifier.engine.explain.methods import METHODS, Wish
from classifier.engine.runtime.answer import HeatMap
from classifier.models import ModelVersion
from classifier.prediction.selectors.predictions import visible_prediction
from classifier.prediction.serializers.explanation import (
    AnswerExplanationInput,
    ExplanationQuery,
    KeptExplanationQuery,
)
from classifier.prediction.services.answers import NamedImage
from classifier.prediction.services.explain_answer import explain_answer, explain_kept
from classifier.prediction.services.explain_image import explain_image
from common.multipart import FormParser
from common.negotiation import AnyAccept
from datasets.models import Image
from datasets.selectors.images import visible_image

# Part of each ETag: another number where pictures are drawn otherwise.
_DRAWN = 1
_CACHED_SECONDS = 24 * 3600


def _said(name: str, description: str, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, response=[200], description=description, **options
    )


_SAID = (
    _said("Explanation-Method", "How it was made.", enum=METHODS),
    _said("Explanation-Class", "The class, percent-encoded UTF-8."),
    _said("Explanation-Place", "Where most of the heat is; empty where there is none."),
)


class ImageExplanation(views.APIView):
    """A heat-map of a stored image."""

    content_negotiation_class = AnyAccept
    query_parameters = ("model_version", "class_name", "method", "overlay")

    @extend_schema(
        summary="Show which part of an image speaks for a class",
        description="A PNG. `cam` is exact: what all places add makes up the class's logit less "
        "the mean of all, but for a constant (networks that end in a mean over all places and a "
        "linear head). "
        "`grad_cam` weighs the last map by the slopes behind it. `occlusion` covers "
        "one part after the other and asks 65 times, which works for every model. Without "
        "`method` it is the first of these that the version can do. What speaks against the class "
        "is not drawn. A predict worker makes it and it counts as a prediction: 429 and 503 as "
        "there, and a token needs `predict` or `write` beside `read`.",
        parameters=[
            ExplanationQuery,
            OpenApiParameter(
                "If-None-Match",
                str,
                OpenApiParameter.HEADER,
                description="The `ETag` of an earlier answer.",
            ),
            OpenApiParameter(
                "ETag", str, OpenApiParameter.HEADER, required=True, response=[200, 304]
            ),
            *_SAID,
        ],
        responses={
            (200, "image/png"): OpenApiTypes.BINARY,
            304: OpenApiResponse(description="The caller has it: `If-None-Match` names it."),
        },
    )
    def get(self, request: Request, image_id: uuid.UUID) -> HttpResponseBase:
        # It spends what predictions may, which is more than to read.
        require_scope(request, TokenScope.PREDICT, TokenScope.WRITE)
        image = visible_image(request.user, image_id, in_trash=True)
        query = ExplanationQuery.read(request.query_params, context={"request": request})
        version: ModelVersion = query.pop("model_version")
        wish = Wish(**query)
        etag = _etag(image, version, wish)
        response: HttpResponseBase
        if etag in request.headers.get("If-None-Match", ""):
            response = HttpResponseNotModified()
        else:
            response = _drawn(
                explain_image(user=request.user, version=version, image=image, wish=wish)
            )
        response["ETag"] = etag
        response["Cache-Control"] = f"private, max-age={_CACHED_SECONDS}"
        return _alone(response)


class AnswerExplanation(views.APIView):
    """A heat-map of an answer."""

    token_scope = TokenScope.PREDICT
    content_negotiation_class = AnyAccept
    query_parameters = ("place", "class_name", "method", "overlay")
    parser_classes = [FormParser]

    @extend_schema(
        summary="Show which part of a kept picture speaks for the answer given",
        description="A PNG, as of a stored image. 409 `not_kept` where the picture is not kept: "
        "send it again then, by POST. `place` counts the pictures of one thing from 0. No second "
        "prediction is kept. The first heat-map of a picture within an hour is not counted, each "
        "more counts as a prediction: 429 and 503 as there, and a token needs `predict` or "
        "`write` beside `read`.",
        parameters=[KeptExplanationQuery, *_SAID],
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, prediction_id: uuid.UUID) -> HttpResponseBase:
        require_scope(request, TokenScope.PREDICT, TokenScope.WRITE)
        prediction = visible_prediction(request.user, prediction_id)
        query = KeptExplanationQuery.read(request.query_params)
        place = query.pop("place")
        found = explain_kept(
            user=request.user, prediction=prediction, place=place, wish=Wish(**query)
        )
        return _alone(_drawn(found))

    @extend_schema(
        summary="Show which part of a picture, sent again, speaks for the answer given",
        description="A PNG, as of a stored image. For pictures that are not kept: the file is sent "
        "once more, and another file is refused (400 `other_image`). No second "
        "prediction is kept. The first heat-map of a picture within an hour is not counted, each "
        "more counts as a prediction: 429 and 503 as there.",
        parameters=list(_SAID),
        request={"multipart/form-data": AnswerExplanationInput},
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    def post(self, request: Request, prediction_id: uuid.UUID) -> HttpResponseBase:
        prediction = visible_prediction(request.user, prediction_id)
        body = AnswerExplanationInput.read(request.data)
        file = body.pop("image")
        image = NamedImage(file.name or "image", file.read())
        return _alone(
            _drawn(
                explain_answer(
                    user=request.user, prediction=prediction, image=image, wish=Wish(**body)
                )
            )
        )


def _drawn(found: HeatMap) -> HttpResponse:
    response = HttpResponse(base64.b64decode(found.png), content_type="image/png")
    response["Explanation-Method"] = found.method
    response["Explanation-Class"] = quote(found.class_name)
    response["Explanation-Place"] = found.place
    return response


def _alone(response: HttpResponseBase) -> HttpResponseBase:
    """Return a picture that a browser shows as one and nothing else."""
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _etag(image: Image, version: ModelVersion, wish: Wish) -> str:
    said = f"{image.sha256} {version.pk} {wish!r} {_DRAWN}"
    return f'"{hashlib.sha256(said.encode()).hexdigest()}"'
