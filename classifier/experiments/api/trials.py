"""`experiments/{id}/trials/`, and what can be done with the best of them."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.experiments import kinds
from classifier.experiments.selectors.experiments import visible_experiment
from classifier.experiments.selectors.trials import trials_of
from classifier.experiments.serializers.trials import RetrainInput, TrialSerializer
from classifier.experiments.services.retrain import retrain
from classifier.training.serializers.runs import TrainingRunSerializer
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class ExperimentTrials(APIView):
    """The trials of a search."""

    @extend_schema(
        operation_id="experiments_trials_list",
        summary="List the trials of a search, first trial first",
        description="Also while it runs; up to 500. Empty for other kinds of experiments.",
        responses=TrialSerializer(many=True),
    )
    def get(self, request: Request, experiment_id: uuid.UUID) -> Response:
        experiment = visible_experiment(request.user, experiment_id)
        found = trials_of(experiment) if experiment.kind == kinds.SEARCH.name else []
        return Response(TrialSerializer(found, many=True).data)


class ExperimentRetrain(IdempotentMixin, APIView):
    """Trains what a search has found."""

    @extend_schema(
        operation_id="experiments_retrain",
        summary="Train the best settings of a search",
        description="Queues a run like any other, whose version is registered and judged on the "
        "test split: the validation figure of the best of many trials is too good. `trial` names "
        "another one. 409 `no_trials` where there is none with a figure.",
        request=RetrainInput,
        responses={202: TrainingRunSerializer},
    )
    def post(self, request: Request, experiment_id: uuid.UUID) -> Response:
        values = RetrainInput.read(request.data, context={"request": request})
        experiment = visible_experiment(request.user, experiment_id)
        run = retrain(user=request.user, experiment=experiment, **values)
        return accepted(TrainingRunSerializer(run).data, run.job)
