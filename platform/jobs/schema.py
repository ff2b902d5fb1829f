"""What the OpenAPI schema says about every operation of a kind, said once."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from jobs.idempotency import HEADER, IdempotentMixin


class Schema(AutoSchema):
    """Adds the header `Idempotency-Key` to each POST that honours it."""

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters that no serializer or filter tells of."""
        parameters = list(super().get_override_parameters())
        if self.method == "POST" and isinstance(self.view, IdempotentMixin):
            parameters.append(
                OpenApiParameter(
                    HEADER,
                    OpenApiTypes.STR,
                    OpenApiParameter.HEADER,
                    description="The same key and body again: the first answer, "
                    "nothing is done twice.",
                )
            )
        return parameters
