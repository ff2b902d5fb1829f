"""`models/{id}/retraining/` and `retraining-drafts/`."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.models import RetrainingDraft
from classifier.registry.selectors.models import visible_model
from classifier.retraining.filters import RetrainingDraftFilter
from classifier.retraining.selectors.drafts import retraining_of, visible_draft, visible_drafts
from classifier.retraining.serializers import (
    DismissInput,
    RetrainingDraftSerializer,
    RetrainingInput,
    RetrainingSerializer,
)
from classifier.retraining.services.decide import dismiss_draft, start_draft
from classifier.retraining.services.set_rule import set_rule
from classifier.training.serializers.runs import TrainingRunSerializer
from common.inputs import require_no_body
from jobs.api.accepted import accepted
from jobs.idempotency import IdempotentMixin


class ModelRetraining(APIView):
    """When a retraining of a model is drafted."""

    @extend_schema(
        summary="Show when a retraining of a model is drafted, and how it stands",
        responses=RetrainingSerializer,
    )
    def get(self, request: Request, model_id: uuid.UUID) -> Response:
        model = visible_model(request.user, model_id)
        return Response(RetrainingSerializer.of(retraining_of(model)))

    @extend_schema(
        summary="Say when a retraining of a model is drafted",
        description="Replaces what held before. A draft waits for an admin, who starts or "
        "dismisses it; a model has one open draft at most, and none while a retraining runs. Rules "
        "are looked at every five minutes; dates of the schedule that passed since are one, "
        "and `note` says so. Needs the role admin.",
        request=RetrainingInput,
        responses=RetrainingSerializer,
    )
    def put(self, request: Request, model_id: uuid.UUID) -> Response:
        model = visible_model(request.user, model_id)
        set_rule(user=request.user, model=model, **RetrainingInput.read(request.data))
        return Response(RetrainingSerializer.of(retraining_of(model)))


class RetrainingDraftList(generics.ListAPIView):
    """The drafts of the caller's organizations, newest first."""

    serializer_class = RetrainingDraftSerializer
    filterset_class = RetrainingDraftFilter
    queryset = RetrainingDraft.objects.none()

    def get_queryset(self):
        return visible_drafts(self.request.user)


class RetrainingDraftDetail(APIView):
    """One draft."""

    @extend_schema(summary="Show a draft of a retraining", responses=RetrainingDraftSerializer)
    def get(self, request: Request, draft_id: uuid.UUID) -> Response:
        return Response(RetrainingDraftSerializer(visible_draft(request.user, draft_id)).data)


class RetrainingDraftStart(IdempotentMixin, APIView):
    """Start what was drafted."""

    @extend_schema(
        summary="Start a drafted retraining",
        description="Freezes the dataset as it is now, split as the version that the live one "
        "learned from (its test images stay test images), and clones the live version's run onto "
        "it. The new version joins the model and meets its gate as any other. 409 `decided`, "
        "`cannot_retrain`. Needs the role admin. Counts among a person's runs.",
        request=None,
        responses={202: TrainingRunSerializer},
    )
    def post(self, request: Request, draft_id: uuid.UUID) -> Response:
        require_no_body(request)
        run = start_draft(user=request.user, draft=visible_draft(request.user, draft_id))
        return accepted(TrainingRunSerializer(run).data, run.job)


class RetrainingDraftDismiss(APIView):
    """Let it go."""

    @extend_schema(
        summary="Dismiss a drafted retraining",
        description="The next one is drafted when as many labels more are new, after new drift, "
        "or at the next date. 409 `decided`. Needs the role admin.",
        request=DismissInput,
        responses=RetrainingDraftSerializer,
    )
    def post(self, request: Request, draft_id: uuid.UUID) -> Response:
        body = DismissInput.read(request.data)
        draft = visible_draft(request.user, draft_id)
        dismissed = dismiss_draft(user=request.user, draft=draft, reason=body["reason"])
        return Response(RetrainingDraftSerializer(dismissed).data)
