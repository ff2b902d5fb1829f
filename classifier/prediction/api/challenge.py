"""`models/{id}/challenge/`."""

import uuid

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.models import ChallengeMode
from classifier.prediction.selectors.challenge import challenges_of
from classifier.prediction.serializers.challenge import (
    ChallengeInput,
    ChallengeSerializer,
    PromoteChallengerInput,
    shown_challenge,
)
from classifier.prediction.services.challenge.manage import (
    promote_challenger,
    start_challenge,
    stop_challenge,
)
from classifier.registry.selectors.models import visible_model
from classifier.registry.serializers.models import AliasSerializer
from common.errors import NotFound
from common.inputs import require_no_body


class ModelChallenge(APIView):
    """A challenger beside the champion."""

    @extend_schema(
        summary="Show the challenge of a model, and what it has shown",
        description="The one that runs, else the last one. The comparison accumulates with "
        "feedback (`predictions/{id}/feedback/`). 404 where there was none.",
        responses=ChallengeSerializer,
    )
    def get(self, request: Request, model_id: uuid.UUID) -> Response:
        model = visible_model(request.user, model_id)
        challenge = challenges_of(model).first()
        if challenge is None:
            raise NotFound(f"{model.name} has had no challenge.")
        return Response(ChallengeSerializer(shown_challenge(challenge)).data)

    @extend_schema(
        summary="Let the challenger answer a share of the calls, or in the shadow",
        description="A challenge of the aliases `champion` and `challenger` begins; an earlier one "
        "ends. Only calls of the model's own organization that ask for the champion take part: in "
        "a share those without `coverage`, `evidence` and `explain`, in the shadow those without "
        "`combine`, too, whose image is kept. If the challenger fails or takes longer than two "
        "seconds, the champion answers that call, and all others until the challenger answers in "
        "time again. It ends when one of both aliases moves. 409 `no_challenger`, `no_file`, "
        "`keeps_no_predictions`. Needs the role admin.",
        request=ChallengeInput,
        responses=ChallengeSerializer,
    )
    def put(self, request: Request, model_id: uuid.UUID) -> Response:
        model = visible_model(request.user, model_id)
        body = ChallengeInput.read(request.data)
        challenge = start_challenge(
            user=request.user, model=model, mode=ChallengeMode(body["mode"]), share=body["share"]
        )
        return Response(ChallengeSerializer(shown_challenge(challenge)).data)

    @extend_schema(
        summary="End the challenge of a model",
        description="The champion answers all calls again; what was counted stays. Needs the role "
        "admin.",
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, model_id: uuid.UUID) -> Response:
        require_no_body(request)
        stop_challenge(user=request.user, model=visible_model(request.user, model_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class PromoteChallenger(APIView):
    """The challenger becomes champion."""

    @extend_schema(
        summary="Make the challenger live",
        description="Through the gate (409 `gate_refused`); the challenge ends. As PUT "
        "`aliases/champion/` with its version.",
        request=PromoteChallengerInput,
        responses=AliasSerializer,
    )
    def post(self, request: Request, model_id: uuid.UUID) -> Response:
        model = visible_model(request.user, model_id)
        body = PromoteChallengerInput.read(request.data)
        pointer = promote_challenger(user=request.user, model=model, **body)
        return Response(AliasSerializer(pointer).data)
