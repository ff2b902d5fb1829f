"""What the OpenAPI schema says about every operation of a kind, said once."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from jobs.idempotency import HEADER, MAX_LENGTH, IdempotentMixin

# Printable ASCII, which every client can send; a header neither begins nor ends with a space.
_KEY = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_LENGTH,
    "pattern": "^[!-~]([ -~]*[!-~])?$",
}
_LOCATION = OpenApiParameter(
    "Location",
    {"type": "string", "format": "uri-reference"},
    OpenApiParameter.HEADER,
    required=True,
    response=[202],
    description="The job's address, to follow it.",
)
_REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    response=[200, 201, 202],
    description="There when this is the first answer to that key, given again.",
)


class Schema(AutoSchema):
    """Adds the header `Idempotency-Key` to each POST that honours it, and what answers carry."""

    # REST framework's own mapping has no HEAD; it names operations.
    method_mapping = {**AutoSchema.method_mapping, "head": "head"}

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters that no serializer or filter tells of."""
        parameters = [*super().get_override_parameters(), _LOCATION]
        if self.method == "POST" and isinstance(self.view, IdempotentMixin):
            key = OpenApiParameter(
                HEADER,
                _KEY,
                OpenApiParameter.HEADER,
                description="The same key and body again: the first answer, nothing is done twice.",
            )
            parameters += [key, _REPLAYED]
        return parameters
