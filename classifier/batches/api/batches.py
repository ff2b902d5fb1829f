"""`batch-predictions/` and what can be done with a batch."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.batches.selectors.batches import visible_batch, visible_batches
from classifier.batches.serializers.batches import (
    BatchDetailSerializer,
    BatchPredictionSerializer,
)
from classifier.batches.serializers.results import AdditionInput, BatchAdditionSerializer
from classifier.batches.serializers.start import ArchiveBatchInput, BatchInput, filters_of
from classifier.batches.services.add_answers import start_addition
from classifier.batches.services.end_batch import delete_batch
from classifier.batches.services.resume_batch import resume_batch
from classifier.batches.services.start_batch import (
    start_on_archive,
    start_on_dataset,
    start_on_upload,
    start_on_version,
)
from classifier.models import BatchAddition, BatchPrediction
from classifier.models.alias import CHAMPION
from classifier.registry.selectors.models import version_to_serve
from common.inputs import require_no_body
from common.multipart import FormParser
from common.parsers import JSONParser
from datasets.models import Split
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin
from jobs.services.cancel import cancel


class BatchPredictionList(IdempotentMixin, generics.ListAPIView):
    """Batch predictions."""

    serializer_class = BatchPredictionSerializer
    queryset = BatchPrediction.objects.none()
    parser_classes = (FormParser, JSONParser)

    def get_queryset(self):
        return visible_batches(self.request.user)

    @extend_schema(
        summary="Ask a model about many images",
        description="About a zip (multipart, or an `upload`), a dataset version, or images of a "
        "dataset: which these are is settled at once, and a job asks about them. Up to 100,000 "
        "images; a person may have three batches waiting or running, an organization may begin "
        "500,000 images in 24 hours. Results, and the images of a zip, are kept for 30 days. Needs "
        "the role editor. 409 `no_images`, `no_file`, `nothing_served`, `other_organization`, "
        "`too_many_open`, `quota_exceeded`.",
        request={"multipart/form-data": ArchiveBatchInput, "application/json": BatchInput},
        responses={202: BatchPredictionSerializer},
    )
    def post(self, request: Request) -> Response:
        multipart = (request.content_type or "").startswith("multipart/")
        serializer = ArchiveBatchInput if multipart else BatchInput
        body = dict(serializer.read(request.data, context={"request": request}))
        chosen = {"number": body["version"]} if "version" in body else {}
        version = version_to_serve(
            request.user, body["model"].pk, alias=body.get("alias", CHAMPION), **chosen
        )
        batch = _started(body, user=request.user, version=version, top_k=body["top_k"])
        return accepted(BatchPredictionSerializer(batch).data, batch.job)


def _started(body: dict[str, Any], **asked: Any) -> BatchPrediction:
    if "archive" in body:
        archive = body["archive"]
        return start_on_archive(
            archive=archive,
            archive_name=archive.name or "",
            encoding=body["encoding"],
            **asked,
        )
    if "upload" in body:
        return start_on_upload(upload=body["upload"], encoding=body["encoding"], **asked)
    if "dataset_version" in body:
        split = next((each for each in Split if each.label == body.get("split")), None)
        return start_on_version(dataset_version=body["dataset_version"], split=split, **asked)
    return start_on_dataset(
        dataset=body["dataset"],
        filters=filters_of(body.get("filter")),
        images=body.get("images"),
        **asked,
    )


class BatchPredictionDetail(APIView):
    """One batch prediction."""

    @extend_schema(summary="Show a batch prediction", responses=BatchDetailSerializer)
    def get(self, request: Request, batch_id: uuid.UUID) -> Response:
        return Response(BatchDetailSerializer(visible_batch(request.user, batch_id)).data)

    @extend_schema(
        summary="Delete a batch prediction",
        description="With its results, and the images of its zip; what was put into a dataset "
        "stays there. Needs the role editor. 409 `under_way` until it has ended.",
        responses={204: None},
    )
    def delete(self, request: Request, batch_id: uuid.UUID) -> Response:
        require_no_body(request)
        delete_batch(user=request.user, batch=visible_batch(request.user, batch_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class BatchPredictionCancel(APIView):
    """Stops a batch prediction."""

    @extend_schema(
        summary="Cancel a batch prediction",
        description="At once while it waits, within seconds while it runs. The results that are "
        "there stay, and it can be resumed.",
        request=None,
        responses={202: BatchPredictionSerializer},
    )
    def post(self, request: Request, batch_id: uuid.UUID) -> Response:
        require_no_body(request)
        batch = visible_batch(request.user, batch_id)
        cancel(user=request.user, job=batch.job)
        batch = visible_batch(request.user, batch_id)
        return accepted(BatchPredictionSerializer(batch).data, batch.job)


class BatchPredictionResume(IdempotentMixin, APIView):
    """Lets a failed or cancelled batch prediction go on."""

    @extend_schema(
        summary="Resume a failed or cancelled batch prediction",
        description="A new job asks about the images that have no result yet.",
        request=None,
        responses={202: BatchPredictionSerializer},
    )
    def post(self, request: Request, batch_id: uuid.UUID) -> Response:
        require_no_body(request)
        batch = visible_batch(request.user, batch_id)
        batch = resume_batch(user=request.user, batch=batch)
        return accepted(BatchPredictionSerializer(batch).data, batch.job)


class BatchAdditionList(IdempotentMixin, generics.ListAPIView):
    """What was put into datasets of a batch's answers."""

    serializer_class = BatchAdditionSerializer
    queryset = BatchAddition.objects.none()

    def get_queryset(self):
        batch = visible_batch(self.request.user, self.kwargs["batch_id"])
        return batch.additions.select_related("job").order_by("-created_at", "-id")

    @extend_schema(
        summary="Put the accepted answers of a batch into a dataset",
        description="Images without a class get what was answered, as annotations whose source is "
        "the model; images that the dataset does not have are added. A class that an image has "
        "stays. Three at a time for each person. Needs the role editor. 409 `not_ended`, "
        "`no_images`, `under_way`, `too_many_open`, `quota_exceeded`.",
        request=AdditionInput,
        responses={202: BatchAdditionSerializer},
    )
    def post(self, request: Request, batch_id: uuid.UUID) -> Response:
        batch = visible_batch(request.user, batch_id)
        body = AdditionInput.read(request.data, context={"request": request})
        addition = start_addition(user=request.user, batch=batch, **body)
        return accepted(BatchAdditionSerializer(addition).data, addition.job)
