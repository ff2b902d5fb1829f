"""`dataset-versions/{id}/sheet/`."""

import uuid

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import views
from rest_framework.request import Request
from rest_framework.response import Response

from common.documents.answers import (
    DOCUMENT_RESPONSES,
    FORMAT_PARAMETER,
    document_answer,
    wanted_format,
)
from common.documents.inputs import texts_and_seen, texts_input
from common.negotiation import AnyAccept
from datasets.selectors.sheet.asked import ASKED
from datasets.selectors.sheet.sheet import sheet_of
from datasets.selectors.versions import visible_version
from datasets.services.versions.write_sheet import write_sheet

SheetInput = texts_input("SheetInput", ASKED)


class VersionSheet(views.APIView):
    """The sheet of a version: what is in it, where that came from, what it is for."""

    query_parameters = ("format",)
    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="Show a dataset version's sheet",
        description="Facts are computed when asked; what only a person can say is theirs, or a "
        "gap. A text of an earlier version is proposed until a person confirms it.",
        parameters=[FORMAT_PARAMETER],
        responses=DOCUMENT_RESPONSES,
    )
    def get(self, request: Request, version_id: uuid.UUID) -> HttpResponse | Response:
        wanted = wanted_format(request)
        return document_answer(sheet_of(visible_version(request.user, version_id)), wanted)

    @extend_schema(
        summary="Write into a dataset version's sheet",
        description="Sets the texts that are given, each up to 5,000 characters. Needs the role "
        "editor.",
        parameters=[FORMAT_PARAMETER],
        request=SheetInput,
        responses=DOCUMENT_RESPONSES,
    )
    def patch(self, request: Request, version_id: uuid.UUID) -> HttpResponse | Response:
        wanted = wanted_format(request)
        version = visible_version(request.user, version_id)
        body = texts_and_seen(SheetInput.read(request.data))
        write_sheet(user=request.user, version=version, **body)
        return document_answer(sheet_of(version), wanted)
