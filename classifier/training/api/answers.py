"""What a run answers to its validation split while it trains: by class, and on a few images."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.training.selectors.answers import (
    answered_epochs,
    class_accuracies,
    told_epoch,
    watched_images,
    why_not_measured,
)
from classifier.training.selectors.runs import visible_run
from classifier.training.serializers.answers import (
    ClassAccuraciesSerializer,
    EpochQuery,
    SamplePredictionsSerializer,
)


class TrainingRunClasses(APIView):
    """The accuracy of each class after an epoch."""

    query_parameters = ("epoch",)

    @extend_schema(
        summary="Show the validation accuracy of each class after an epoch",
        description="Counted in the pass over the validation split that chooses the best epoch, "
        "so there is one of every finished epoch. In the version's order of classes.",
        parameters=[EpochQuery],
        responses=ClassAccuraciesSerializer,
    )
    def get(self, request: Request, run_id: uuid.UUID) -> Response:
        run = visible_run(request.user, run_id)
        answered = answered_epochs(run)
        epoch = EpochQuery.read(request.query_params).get("epoch", told_epoch(run, answered))
        found = {
            "epoch": epoch,
            "not_measured": why_not_measured(run, answered),
            "classes": [] if epoch is None else class_accuracies(run, epoch),
        }
        return Response(ClassAccuraciesSerializer(found).data)


class TrainingRunSamplePredictions(APIView):
    """What each epoch answers on a few images."""

    @extend_schema(
        summary="Show how the answers on a few validation images change",
        description="Up to 12 images, chosen by the run's seed when it starts, one of each class "
        "in turn; the class predicted after each finished epoch, and its probability.",
        responses=SamplePredictionsSerializer,
    )
    def get(self, request: Request, run_id: uuid.UUID) -> Response:
        run = visible_run(request.user, run_id)
        answered = answered_epochs(run)
        found = {
            "epochs": answered,
            "not_measured": why_not_measured(run, answered),
            "images": watched_images(run, answered) if answered else [],
        }
        return Response(SamplePredictionsSerializer(found).data)
