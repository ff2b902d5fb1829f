"""`datasets/{id}/embeddings/` and `images/{id}/neighbours/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from common.inputs import require_no_body
from datasets.models import Dataset
from datasets.selectors.datasets import visible_dataset
from datasets.selectors.images import visible_image
from datasets.selectors.vectors import baseline_accuracy, vector_source
from datasets.serializers.embeddings import (
    EmbeddingsSerializer,
    NeighboursQuery,
    NeighboursSerializer,
)
from datasets.services.vectors.embedding import embedder_at_hand, running_embedding, start_embedding
from datasets.services.vectors.neighbours import look_alikes
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin
from jobs.models import Job


class DatasetEmbeddings(IdempotentMixin, generics.GenericAPIView):
    """What the images of a dataset are compared by."""

    serializer_class = EmbeddingsSerializer

    @extend_schema(summary="What images are compared by", responses=EmbeddingsSerializer)
    def get(self, request: Request, dataset_id: uuid.UUID) -> Response:
        dataset = visible_dataset(request.user, dataset_id)
        return Response(_state(dataset, running_embedding(dataset)))

    @extend_schema(
        summary="Compute embeddings of all images",
        description="Images that have one keep it. 409 (no_weights) where no backbone can work.",
        request=None,
        responses={202: EmbeddingsSerializer},
    )
    def post(self, request: Request, dataset_id: uuid.UUID) -> Response:
        require_no_body(request)
        dataset = visible_dataset(request.user, dataset_id)
        job = start_embedding(user=request.user, dataset=dataset)
        return accepted(_state(dataset, job), job)


def _state(dataset: Dataset, job: Job | None) -> dict:
    source = vector_source(dataset)
    answer = {
        **vars(source),
        "is_descriptor": source.is_descriptor,
        "baseline_accuracy": baseline_accuracy(dataset, source),
        "weights_at_hand": embedder_at_hand() is not None,
        "job": job,
    }
    return EmbeddingsSerializer(answer).data


class NeighbourList(generics.GenericAPIView):
    """Images that look like one."""

    query_parameters = ("k",)
    serializer_class = NeighboursSerializer

    @extend_schema(
        summary="Images of the dataset that look like this one",
        parameters=[NeighboursQuery],
        responses=NeighboursSerializer,
    )
    def get(self, request: Request, image_id: uuid.UUID) -> Response:
        image = visible_image(request.user, image_id)
        query = NeighboursQuery.read(request.query_params)
        found = look_alikes(image, query["k"])
        answer = {
            "embedding": found.embedding,
            "known": found.known,
            "results": [
                {"image": near, "similarity": round(similarity, 4)}
                for near, similarity in found.images
            ],
        }
        return Response(NeighboursSerializer(answer).data)
