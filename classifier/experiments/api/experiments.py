"""`experiments/` and what can be done with one."""

import uuid

from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.experiments.filters import ExperimentFilter
from classifier.experiments.selectors.experiments import (
    visible_experiment,
    visible_experiments,
    with_runs,
)
from classifier.experiments.serializers.experiments import (
    ExperimentDetailSerializer,
    ExperimentSerializer,
)
from classifier.experiments.serializers.inputs import INPUTS, read_input
from classifier.experiments.services.manage_experiment import delete_experiment
from classifier.experiments.services.start_experiment import start_experiment
from classifier.models import Experiment
from common.inputs import require_no_body
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin
from jobs.services.cancel import cancel
from jobs.services.retry import retry


class ExperimentList(IdempotentMixin, generics.ListAPIView):
    """The experiments of the caller's organizations."""

    serializer_class = ExperimentSerializer
    filterset_class = ExperimentFilter
    queryset = Experiment.objects.none()

    def get_queryset(self):
        return with_runs(visible_experiments(self.request.user))

    @extend_schema(
        summary="Start an experiment",
        description="`kind` says which; the other fields are the kind's own. Its runs are in no "
        "list of runs but `GET training-runs/?experiment=…`. A person has only so many of a kind "
        "running or waiting (409 `too_many_open`).",
        request=PolymorphicProxySerializer(
            component_name="ExperimentInput",
            serializers=dict(INPUTS),
            resource_type_field_name="kind",
        ),
        responses={202: ExperimentSerializer},
    )
    def post(self, request: Request) -> Response:
        values = read_input(request.data, {"request": request})
        experiment = start_experiment(
            user=request.user,
            kind=values.pop("kind"),
            dataset_version=values.pop("dataset_version"),
            name=values.pop("name", ""),
            values=values,
        )
        return _accepted(request, experiment.pk)


class ExperimentDetail(APIView):
    """One experiment."""

    @extend_schema(summary="Show an experiment", responses=ExperimentDetailSerializer)
    def get(self, request: Request, experiment_id: uuid.UUID) -> Response:
        experiment = with_runs(visible_experiments(request.user)).get_visible(experiment_id)
        return Response(ExperimentDetailSerializer(experiment).data)

    @extend_schema(
        summary="Delete an experiment",
        description="With its runs and its jobs, for ever. 409 `has_dependents` while it is under "
        "way, and where a model version came of one of its runs. Needs the role admin.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, experiment_id: uuid.UUID) -> Response:
        require_no_body(request)
        experiment = visible_experiment(request.user, experiment_id)
        delete_experiment(user=request.user, experiment=experiment)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExperimentCancel(APIView):
    """Stops an experiment and its runs."""

    @extend_schema(
        summary="Cancel an experiment, and the runs that it has under way",
        description="What it has done so far is kept, so that it can be resumed.",
        request=None,
        responses={202: ExperimentSerializer},
    )
    def post(self, request: Request, experiment_id: uuid.UUID) -> Response:
        require_no_body(request)
        experiment = visible_experiment(request.user, experiment_id)
        cancel(user=request.user, job=experiment.job)
        return _accepted(request, experiment_id)


class ExperimentResume(IdempotentMixin, APIView):
    """Lets a failed or cancelled experiment go on."""

    @extend_schema(
        summary="Resume a failed or cancelled experiment",
        description="What is done stays done.",
        request=None,
        responses={202: ExperimentSerializer},
    )
    def post(self, request: Request, experiment_id: uuid.UUID) -> Response:
        require_no_body(request)
        experiment = visible_experiment(request.user, experiment_id)
        retry(user=request.user, job=experiment.job)
        return _accepted(request, experiment_id)


def _accepted(request: Request, experiment_id: uuid.UUID) -> Response:
    experiment = with_runs(visible_experiments(request.user)).get_visible(experiment_id)
    return accepted(ExperimentSerializer(experiment).data, experiment.job)
