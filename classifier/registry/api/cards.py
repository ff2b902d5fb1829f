"""`model-versions/{id}/card/` and `model-versions/{id}/annex-iv/`."""

import uuid
from collections.abc import Callable
from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from classifier.models import ModelVersion
from classifier.registry.selectors.card.annex import annex_of
from classifier.registry.selectors.card.annex_asked import ANNEX_ASKED
from classifier.registry.selectors.card.asked import ASKED, INTENDED_USE, LIMITS, OUT_OF_SCOPE
from classifier.registry.selectors.card.card import card_of
from classifier.registry.selectors.models import visible_version
from classifier.registry.services.write_card import write_card
from common.documents.answers import (
    DOCUMENT_RESPONSES,
    FORMAT_PARAMETER,
    document_answer,
    wanted_format,
)
from common.documents.inputs import texts_and_seen, texts_input
from common.documents.parts import Document
from common.inputs import InputSerializer
from common.negotiation import AnyAccept

CardInput = texts_input("CardInput", ASKED)
# It shows these texts of the card, too.
AnnexInput = texts_input("AnnexInput", (INTENDED_USE, OUT_OF_SCOPE, LIMITS, *ANNEX_ASKED))
_SET = (
    "Sets the texts that are given, each up to 5,000 characters. Needs the role editor; those of a "
    "built-in model are Loupe's own."
)


class _VersionDocument(APIView):
    query_parameters = ("format",)
    content_negotiation_class = AnyAccept
    document_of: Callable[[User, ModelVersion], Document]
    body: ClassVar[type[InputSerializer]]

    def _show(self, request: Request, version_id: uuid.UUID) -> HttpResponse | Response:
        wanted = wanted_format(request)
        version = visible_version(request.user, version_id)
        return document_answer(type(self).document_of(request.user, version), wanted)

    def _write(self, request: Request, version_id: uuid.UUID) -> HttpResponse | Response:
        wanted_format(request)
        version = visible_version(request.user, version_id)
        body = texts_and_seen(self.body.read(request.data))
        write_card(user=request.user, version=version, **body)
        return self._show(request, version_id)


class ModelCard(_VersionDocument):
    """The card of a model version."""

    document_of = staticmethod(card_of)
    body = CardInput

    @extend_schema(
        summary="Show a version's model card",
        description="Facts are computed when asked; what only a person can say is theirs, or a "
        "gap. A text of an earlier version of the model is proposed until a person confirms it.",
        parameters=[FORMAT_PARAMETER],
        responses=DOCUMENT_RESPONSES,
    )
    def get(self, request: Request, version_id: uuid.UUID) -> HttpResponse | Response:
        return self._show(request, version_id)

    @extend_schema(
        summary="Write into a version's model card",
        description=_SET,
        parameters=[FORMAT_PARAMETER],
        request=CardInput,
        responses=DOCUMENT_RESPONSES,
    )
    def patch(self, request: Request, version_id: uuid.UUID) -> HttpResponse | Response:
        return self._write(request, version_id)


class TechnicalDocumentation(_VersionDocument):
    """A draft of what Annex IV of the EU AI Act asks for."""

    document_of = staticmethod(annex_of)
    body = AnnexInput

    @extend_schema(
        summary="Show a draft of a version's technical documentation (EU AI Act, Annex IV)",
        description="The nine points, filled with the facts that Loupe has; all else is a gap for "
        "a person. It is a draft and no legal advice.",
        parameters=[FORMAT_PARAMETER],
        responses=DOCUMENT_RESPONSES,
    )
    def get(self, request: Request, version_id: uuid.UUID) -> HttpResponse | Response:
        return self._show(request, version_id)

    @extend_schema(
        summary="Write into a version's technical documentation",
        description=_SET,
        parameters=[FORMAT_PARAMETER],
        request=AnnexInput,
        responses=DOCUMENT_RESPONSES,
    )
    def patch(self, request: Request, version_id: uuid.UUID) -> HttpResponse | Response:
        return self._write(request, version_id)
