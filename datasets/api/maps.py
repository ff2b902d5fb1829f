"""`datasets/{id}/map/`."""

import uuid
from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from common.inputs import require_no_body
from datasets import kinds
from datasets.models import Dataset
from datasets.selectors.datasets import image_count, visible_dataset
from datasets.selectors.jobs_under_way import job_under_way
from datasets.selectors.maps import SPLITS, is_stale, map_columns
from datasets.selectors.vectors import vector_source
from datasets.serializers.embeddings import MapSerializer
from datasets.services.vectors.maps import start_map
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin
from jobs.models import Job
from jobs.serializers import JobSerializer


# 60,000 images are 3.5 MB of JSON, and nothing of it is a secret that a length could betray.
@method_decorator(gzip_page, name="get")
class DatasetMapDetail(IdempotentMixin, generics.GenericAPIView):
    """The images of a dataset in two dimensions: all, or of many a random sample."""

    serializer_class = MapSerializer

    @extend_schema(summary="The map of a dataset", responses=MapSerializer)
    def get(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        return Response(_answer(dataset, job_under_way(dataset, kinds.COMPUTE_MAP)))

    @extend_schema(
        summary="Compute the map of a dataset", request=None, responses={202: MapSerializer}
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        require_no_body(request)
        dataset = visible_dataset(request.user, dataset_id)
        job = start_map(user=request.user, dataset=dataset)
        return accepted(_empty(image_count(dataset), job), job)


def _answer(dataset: Dataset, job: Job | None) -> dict[str, Any]:
    """Return the shape of MapSerializer; written here because it takes 60,000 ids a second each."""
    found, source = map_columns(dataset), vector_source(dataset)
    if found is None:
        return _empty(source.images, job)
    status = "computing" if job else "stale" if is_stale(found, source) else "ready"
    return _empty(source.images, job) | {
        "status": status,
        "embedding": found.embedding,
        "method": found.method,
        "created_at": found.created_at,
        "sample_of": found.sample_of,
        "class_names": found.class_names,
        "images": [str(image_id) for image_id in found.ids],
        "x": found.x,
        "y": found.y,
        "class_index": found.class_index,
        "split_index": found.split_index,
    }


def _empty(images: int, job: Job | None) -> dict[str, Any]:
    return {
        "status": "computing" if job else "none",
        "job": JobSerializer(job).data if job else None,
        "embedding": None,
        "method": None,
        "created_at": None,
        "image_count": images,
        "sample_of": None,
        "class_names": [],
        "splits": list(SPLITS),
        "images": [],
        "x": [],
        "y": [],
        "class_index": [],
        "split_index": [],
    }
