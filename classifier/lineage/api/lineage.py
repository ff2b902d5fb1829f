"""`…/lineage/` of dataset versions, runs and model versions; `images/{id}/models/`."""

import uuid
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from classifier.lineage.selectors.forgetting import models_of
from classifier.lineage.selectors.graph import Graph
from classifier.lineage.selectors.lineage import (
    lineage_of_dataset_version,
    lineage_of_model_version,
    lineage_of_run,
)
from classifier.lineage.serializers.image_models import ImageModelsSerializer
from classifier.lineage.serializers.lineage import LineageQuery, LineageSerializer
from classifier.registry.selectors.models import visible_version as visible_model_version
from classifier.training.selectors.runs import visible_run
from datasets.selectors.images import kept_image
from datasets.selectors.versions import visible_version

_DESCRIPTION = (
    "Nodes and edges, from imports to reports, predictions, exports and aliases. Of each kind up "
    "to `most` (100) stand around a node; what is more is one node `more` with its `count` and the "
    "`url` of a list."
)


def _drawn(request: Request, row: Any, lineage_of: Callable[[User, Any, int], Graph]) -> Response:
    most = LineageQuery.read(request.query_params)["most"]
    return Response(LineageSerializer.of(lineage_of(request.user, row, most), most))


class DatasetVersionLineage(APIView):
    """What a dataset version was frozen from, and what came of it."""

    query_parameters = ("most",)

    @extend_schema(
        summary="Show the lineage of a dataset version",
        description=_DESCRIPTION,
        parameters=[LineageQuery],
        responses=LineageSerializer,
    )
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        version = visible_version(request.user, version_id)
        return _drawn(request, version, lineage_of_dataset_version)


class TrainingRunLineage(APIView):
    """What a run learned from, and what it made."""

    query_parameters = ("most",)

    @extend_schema(
        summary="Show the lineage of a training run",
        description=_DESCRIPTION,
        parameters=[LineageQuery],
        responses=LineageSerializer,
    )
    def get(self, request: Request, run_id: uuid.UUID) -> Response:
        run = visible_run(request.user, run_id)
        return _drawn(request, run, lineage_of_run)


class ModelVersionLineage(APIView):
    """What a model version was made of, and what came of it."""

    query_parameters = ("most",)

    @extend_schema(
        summary="Show the lineage of a model version",
        description=_DESCRIPTION,
        parameters=[LineageQuery],
        responses=LineageSerializer,
    )
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        version = visible_model_version(request.user, version_id)
        return _drawn(request, version, lineage_of_model_version)


class ImageModels(APIView):
    """Which models learned from an image, were tuned on it, or were only measured on it."""

    @extend_schema(
        summary="List the models that learned from an image",
        description="By all copies of the same content in the organization: the frozen versions "
        "that hold it, in which split, and the models. Folds of a cross-validation keep no model: "
        "`experiments` names them. Lists have up to 200 entries, `counts` has all.",
        responses=ImageModelsSerializer,
    )
    def get(self, request: Request, image_id: uuid.UUID) -> Response:
        image = kept_image(request.user, image_id)
        return Response(ImageModelsSerializer.of(models_of(image)))
