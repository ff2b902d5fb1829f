"""`images/{id}/explanation/`."""

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

from classifier.engine.explain.methods import METHODS, Wish
from classifier.models import ModelVersion
from classifier.prediction.serializers import ExplanationQuery
from classifier.prediction.services.explain_image import explain_image
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
        "there.",
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
            _said("Explanation-Method", "How it was made.", enum=METHODS),
            _said("Explanation-Class", "The class, percent-encoded UTF-8."),
            _said("Explanation-Place", "Where most of the heat is; empty where there is none."),
        ],
        responses={
            (200, "image/png"): OpenApiTypes.BINARY,
            304: OpenApiResponse(description="The caller has it: `If-None-Match` names it."),
        },
    )
    def get(self, request: Request, image_id: uuid.UUID) -> HttpResponseBase:
        image = visible_image(request.user, image_id, in_trash=True)
        query = ExplanationQuery.read(request.query_params, context={"request": request})
        version: ModelVersion = query.pop("model_version")
        wish = Wish(**query)
        etag = _etag(image, version, wish)
        response: HttpResponseBase
        if etag in request.headers.get("If-None-Match", ""):
            response = HttpResponseNotModified()
        else:
            found = explain_image(user=request.user, version=version, image=image, wish=wish)
            response = HttpResponse(base64.b64decode(found.png), content_type="image/png")
            response["Explanation-Method"] = found.method
            response["Explanation-Class"] = quote(found.class_name)
            response["Explanation-Place"] = found.place
        response["ETag"] = etag
        response["Cache-Control"] = f"private, max-age={_CACHED_SECONDS}"
        response["Content-Disposition"] = "inline"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _etag(image: Image, version: ModelVersion, wish: Wish) -> str:
    said = f"{image.sha256} {version.pk} {wish!r} {_DRAWN}"
    return f'"{hashlib.sha256(said.encode()).hexdigest()}"'
