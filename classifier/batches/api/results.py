"""`batch-predictions/{id}/results/` and the images of a batch's archive."""

import uuid
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

from asgiref.sync import sync_to_async
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from classifier.batches.selectors.batches import visible_batch
from classifier.batches.selectors.exports import FORMATS, blocks_of, entry_of
from classifier.batches.selectors.results import ResultFilter, results_of, visible_result
from classifier.batches.serializers.results import BatchResultSerializer, ResultsQuery
from classifier.batches.services.open_downloads import take_download
from classifier.batches.services.record_download import record_download
from classifier.models import BatchPrediction, BatchResult
from common.connections import give_connection_back
from common.errors import FieldError, Invalid, NotFound
from common.negotiation import AnyAccept
from common.pagination import NewestFirstPagination
from common.served_images import BY_ETAG, IMAGES, NOT_MODIFIED, served
from jobs.models import Status
from storage import durable
from storage.names import blob_name, thumbnail_name

JSON = "json"
_PAGES = ("cursor", "page_size")
_GONE = "The file of this image is gone from the store."


class ResultPagination(NewestFirstPagination):
    """In the order of the batch's images."""

    ordering = ("index",)


class BatchResultList(generics.GenericAPIView):
    """The results of a batch."""

    query_parameters = ("format", *ResultsQuery().fields, *_PAGES)
    content_negotiation_class = AnyAccept
    serializer_class = BatchResultSerializer
    queryset = BatchResult.objects.none()
    pagination_class = ResultPagination

    @extend_schema(
        operation_id="batch_predictions_results_list",
        summary="List the results of a batch, or download them",
        description="A page at a time as JSON, in the order of the batch's images; or all that "
        "match, and are there, as one file: JSON lines, CSV (texts that a spreadsheet would take "
        "for formulas begin with an apostrophe) or Parquet, one at a time for each person (429 "
        "`too_many_downloads`).",
        parameters=[
            ResultsQuery,
            OpenApiParameter(
                "format",
                OpenApiTypes.STR,
                enum=(JSON, *FORMATS),
                default=JSON,
                description="What the answer is.",
            ),
        ],
        responses={
            (200, "application/json"): BatchResultSerializer(many=True),
            **{
                (200, each.media_type.partition(";")[0]): OpenApiTypes.BINARY
                for each in FORMATS.values()
            },
        },
    )
    def get(self, request: Request, batch_id: uuid.UUID) -> HttpResponseBase:
        batch = visible_batch(request.user, batch_id)
        asked = request.query_params.dict()
        format = asked.pop("format", JSON)
        if format not in (JSON, *FORMATS):
            detail = (
                f"format must be one of {JSON}, {', '.join(FORMATS)}; received {format[:40]!r}."
            )
            raise Invalid(detail, errors=[FieldError("/format", "invalid", detail)])
        if format == JSON:
            pages = {name: value for name, value in asked.items() if name not in _PAGES}
            rows = self.paginate_queryset(results_of(batch, _filter(pages)))
            return self.get_paginated_response([entry_of(row) for row in rows or []])
        response = _download(request.user, batch, format, _filter(asked))
        record_download(user=request.user, batch=batch, format=format)
        return response


class BatchImage(APIView):
    """An image of a batch's archive, as long as its result is kept: without metadata."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="An image of a batch's zip",
        description="404 for images of datasets, which have addresses of their own.",
        responses={**IMAGES, **NOT_MODIFIED},
        parameters=BY_ETAG,
    )
    def get(self, request: Request, batch_id: uuid.UUID, index: int) -> HttpResponseBase:
        result = _of_archive(request, batch_id, index)
        read = partial(durable.read, blob_name(result.sha256))
        return served(request, result.sha256, read, _GONE)


class BatchThumbnail(APIView):
    """The same, of at most 256 pixels."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="The thumbnail of an image of a batch's zip",
        responses={**IMAGES, **NOT_MODIFIED},
        parameters=BY_ETAG,
    )
    def get(self, request: Request, batch_id: uuid.UUID, index: int) -> HttpResponseBase:
        result = _of_archive(request, batch_id, index)
        # Where there is none, the file is as small.
        is_own = not (result.file or {}).get("thumbnail_bytes")
        name = blob_name(result.sha256) if is_own else thumbnail_name(result.sha256)
        return served(request, f"{result.sha256}.small", partial(durable.read, name), _GONE)


def _of_archive(request: Request, batch_id: uuid.UUID, index: int) -> BatchResult:
    result = visible_result(request.user, visible_batch(request.user, batch_id), index)
    if result.file is None:
        raise NotFound("No file of this image is kept with the batch.")
    return result


def _filter(asked: dict[str, str]) -> ResultFilter:
    values = ResultsQuery.read(asked)
    return ResultFilter(
        class_name=values.get("class_name", ""),
        decision=values.get("decision", ""),
        outcome=values.get("outcome", ""),
        least=values.get("least_probability"),
        most=values.get("below_probability"),
    )


def _download(
    user: User, batch: BatchPrediction, format: str, wanted: ResultFilter
) -> StreamingHttpResponse:
    chosen, blocks = FORMATS[format], blocks_of(batch, format, wanted)
    release = take_download(user) if chosen.takes_thread else _nothing
    response = StreamingHttpResponse(_in_threads(blocks, release), content_type=chosen.media_type)
    # Where the client goes before the first byte, no block is asked for.
    ended = weakref.finalize(response, release)
    response._resource_closers.append(ended)  # type: ignore[attr-defined] # Django's own, untyped
    stem = slugify(batch.source_name, allow_unicode=True)[:80] or "batch"
    so_far = "" if batch.job.status == Status.SUCCEEDED else "-so-far"
    name = f"{stem}{so_far}.{chosen.ending}"
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


async def _in_threads(blocks: Iterator[bytes], release: Callable[[], None]) -> AsyncIterator[bytes]:
    """Yield the blocks, each made in a thread: the server goes on with other requests meanwhile."""
    following = sync_to_async(_following, thread_sensitive=False)
    try:
        while (block := await following(blocks)) is not None:
            if block:
                yield block
    finally:
        # Before the client hears of the end, and asks for the next one.
        release()


def _nothing() -> None:
    pass


def _following(blocks: Iterator[bytes]) -> bytes | None:
    try:
        return next(blocks, None)
    finally:
        give_connection_back()
