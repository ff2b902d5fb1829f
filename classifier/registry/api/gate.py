"""`models/{id}/gate/`."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classifier.models import RegisteredModel
from classifier.registry.selectors.model_gate import gate_rows, live_now
from classifier.registry.selectors.models import visible_model
from classifier.registry.serializers.gate import GateInput, ModelGateSerializer
from classifier.registry.services.set_gate import set_gate


class GateDetail(APIView):
    """The rules of a model's own gate."""

    @extend_schema(
        summary="Show a model's gate",
        description="The rules that hold besides the built-in ones, and what all of them say of "
        "the live version today: `live.gate.passed` false means that it would not pass. `gate` of "
        "each of `models/{id}/versions/` says the same of that version.",
        responses=ModelGateSerializer,
    )
    def get(self, request: Request, model_id: uuid.UUID) -> Response:
        return Response(_said(visible_model(request.user, model_id)))

    @extend_schema(
        summary="Set a model's gate",
        description="Replaces all its rules; earlier ones are kept. They judge on the test split "
        "of `dataset_version`, which must hold classes that the model knows; a version that "
        "learned from an image there is refused. The live version stays live, and is measured "
        "there where it has not been. A fault of a rule is 400 with its place, such as "
        "`/rules/0/value`. Needs the role admin: who sets the rules could pass by them.",
        request=GateInput,
        responses=ModelGateSerializer,
    )
    def put(self, request: Request, model_id: uuid.UUID) -> Response:
        model = visible_model(request.user, model_id)
        values = GateInput.read(request.data, context={"request": request})
        set_gate(user=request.user, model=model, **values)
        return Response(_said(model))


def _said(model: RegisteredModel) -> dict[str, Any]:
    row, live = gate_rows(model).first(), live_now(model)
    said = {
        "number": row.number if row else 0,
        "rules": row.rules if row else [],
        "dataset_version": row.dataset_version_id if row else None,
        "changed_at": row.created_at if row else None,
        "changed_by": row.created_by.username if row and row.created_by else None,
        "live": {"version": live.version.number, "gate": live.gate} if live else None,
    }
    return ModelGateSerializer(said).data
