"""`uploads/`: the server's side of tus 1.0.0 (https://tus.io/protocols/resumable-upload).

Extensions: creation, checksum, termination, expiration. `common.long_patch` passes a long PATCH on
in parts, so that a dropped connection loses no more than the part that was on its way.
"""

import uuid
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.http import http_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.errors import Invalid, UnsupportedMediaType
from common.inputs import require_no_body
from common.parsers import JSONParser
from datasets.api import tus_headers
from datasets.api.tus_headers import RESUMABLE, VERSION
from datasets.errors import WrongTusVersion
from datasets.models import Upload
from datasets.selectors.uploads import visible_upload
from datasets.serializers.uploads import UploadSerializer
from datasets.services.intake.uploads import (
    CHECKSUMS,
    append_part,
    create_upload,
    remove_upload,
)

PART = "application/offset+octet-stream"
_BLOCK_BYTES = 1 << 18


class PartParser(BaseParser):
    """Names the media type of a part; the view reads the body by itself, block by block."""

    media_type = PART

    def parse(self, stream: Any, media_type: str | None = None, context: Any = None) -> Any:
        """Return nothing: a part is no data of a form."""
        return {}


class TusView(APIView):
    """What every answer of tus carries."""

    parser_classes: tuple[type[BaseParser], ...] = (PartParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After DRF's checks, refuse other versions of tus."""
        super().initial(request, *args, **kwargs)
        spoken = request.headers.get("Tus-Resumable", "")
        answered = request.method != "OPTIONS" and hasattr(self, (request.method or "").lower())
        if answered and spoken != VERSION:
            raise WrongTusVersion(
                f"The header Tus-Resumable must say {VERSION}; received {spoken[:40] or 'none'}."
            )

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Add the headers to answers and refusals alike."""
        response["Tus-Resumable"] = VERSION
        if request.method == "OPTIONS" or response.status_code == WrongTusVersion.status:
            response["Tus-Version"] = VERSION
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        return answer

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What this server can do."""
        headers = {
            "Tus-Extension": "creation,checksum,termination,expiration",
            "Tus-Max-Size": str(settings.ARCHIVE_MAX_BYTES),
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        }
        return Response(status=status.HTTP_204_NO_CONTENT, headers=headers)


class UploadList(TusView):
    """Where uploads that can be resumed begin."""

    parser_classes = (PartParser, JSONParser)

    @extend_schema(
        summary="Begin an upload that can be resumed (tus 1.0.0)",
        description=(
            "Any tus client does the rest: PATCH sends bytes, HEAD asks how many have arrived, "
            "DELETE gives up. A finished archive is imported by naming it as `upload` in "
            "`POST datasets/{id}/imports/`."
        ),
        request=None,
        parameters=[
            RESUMABLE,
            tus_headers.LENGTH,
            tus_headers.METADATA_GIVEN,
            *tus_headers.answered(201, created=True),
        ],
        responses={201: UploadSerializer, **tus_headers.REFUSED},
    )
    def post(self, request: Request) -> Response:
        if request.content_type == PART and request.META.get("CONTENT_LENGTH") != "0":
            raise Invalid("The bytes come by PATCH; a body with the first of them is not read.")
        require_no_body(request)
        metadata = request.headers.get("Upload-Metadata", "")
        upload = create_upload(
            user=request.user,
            length=tus_headers.count(request, "Upload-Length", least=1),
            name=tus_headers.file_name(metadata),
            metadata=metadata,
        )
        headers = {
            "Location": reverse("api:upload-detail", args=[upload.pk]),
            "Upload-Expires": _expires(upload),
        }
        return Response(UploadSerializer(upload).data, status.HTTP_201_CREATED, headers=headers)


class UploadDetail(TusView):
    """One upload of the caller's."""

    @extend_schema(
        summary="How much of an upload has arrived",
        parameters=[
            RESUMABLE,
            tus_headers.LENGTH_TOLD,
            tus_headers.METADATA_TOLD,
            *tus_headers.answered(200, told=True),
        ],
        responses={
            200: OpenApiResponse(description="The headers say it."),
            **tus_headers.REFUSED,
        },
    )
    def head(self, request: Request, upload_id: uuid.UUID) -> Response:
        upload = visible_upload(request.user, upload_id)
        headers = {
            "Upload-Offset": str(upload.offset),
            "Upload-Length": str(upload.length),
            "Upload-Expires": _expires(upload),
            "Cache-Control": "no-store",
        }
        if upload.metadata:
            headers["Upload-Metadata"] = upload.metadata
        return Response(headers=headers)

    @extend_schema(
        summary="Send a part of an upload",
        description="From `Upload-Offset` on; 409 when the upload goes on elsewhere.",
        request={PART: OpenApiTypes.BINARY},
        parameters=[
            RESUMABLE,
            tus_headers.OFFSET,
            tus_headers.CHECKSUM_GIVEN,
            *tus_headers.answered(204, told=True),
        ],
        responses={
            204: OpenApiResponse(description="`Upload-Offset` says how many have arrived."),
            460: OpenApiResponse(
                description="The part is not the one that `Upload-Checksum` names."
            ),
            **tus_headers.REFUSED,
        },
    )
    def patch(self, request: Request, upload_id: uuid.UUID) -> Response:
        upload = visible_upload(request.user, upload_id)
        if request.content_type != PART:
            raise UnsupportedMediaType(
                f"A part comes as {PART}; received {request.content_type or 'none'}."
            )
        offset = tus_headers.count(request, "Upload-Offset", least=0)
        checksum = tus_headers.checksum(request.headers.get("Upload-Checksum", ""))
        upload = append_part(
            upload=upload, offset=offset, blocks=_blocks(request), checksum=checksum
        )
        headers = {"Upload-Offset": str(upload.offset), "Upload-Expires": _expires(upload)}
        return Response(status=status.HTTP_204_NO_CONTENT, headers=headers)

    @extend_schema(
        summary="Give an upload up",
        parameters=[RESUMABLE, *tus_headers.answered(204)],
        responses={204: OpenApiResponse(), **tus_headers.REFUSED},
    )
    def delete(self, request: Request, upload_id: uuid.UUID) -> Response:
        require_no_body(request)
        remove_upload(upload=visible_upload(request.user, upload_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _blocks(request: Request) -> Iterator[bytes]:
    while block := request._request.read(_BLOCK_BYTES):
        yield block


def _expires(upload: Upload) -> str:
    return http_date(upload.expires_at.timestamp())
