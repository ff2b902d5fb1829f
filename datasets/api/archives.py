"""`dataset-versions/{id}/archive/`."""

import uuid
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import views
from rest_framework.request import Request

from common.negotiation import AnyAccept
from datasets.models import DatasetVersion
from datasets.selectors.version_archive import entries_of, zip_blocks
from datasets.selectors.versions import readable_version
from datasets.services.versions.record_download import record_download


class VersionArchive(views.APIView):
    """A version as a zip: class folders in train, validation and test, and a labels.csv."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="Download a version as a zip",
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, version_id: uuid.UUID) -> StreamingHttpResponse:
        version = readable_version(request.user, version_id)
        record_download(user=request.user, version=version)
        blocks = zip_blocks(version, entries_of(version))
        response = StreamingHttpResponse(_in_threads(blocks), content_type="application/zip")
        response["Content-Disposition"] = (
            content_disposition_header(True, _file_name(version)) or ""
        )
        response["Cache-Control"] = "private, no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


async def _in_threads(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the blocks, each read in a thread: the server goes on with other requests meanwhile."""
    following = sync_to_async(_following, thread_sensitive=False)
    while block := await following(blocks):
        yield block


def _following(blocks: Iterator[bytes]) -> bytes:
    return next(blocks, b"")


def _file_name(version: DatasetVersion) -> str:
    return f"{slugify(version.dataset.name, allow_unicode=True) or 'dataset'}-v{version.number}.zip"
