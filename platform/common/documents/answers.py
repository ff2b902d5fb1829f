"""A document as an answer of the API, in the format that is asked for."""

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from common.documents.markdown import as_markdown
from common.documents.parts import Document
from common.documents.serializers import DocumentSerializer, as_json
from common.errors import FieldError, Invalid

JSON, MARKDOWN, HTML = FORMATS = ("json", "markdown", "html")
FORMAT_PARAMETER = OpenApiParameter(
    "format", OpenApiTypes.STR, enum=FORMATS, default=JSON, description="What the answer is."
)
DOCUMENT_RESPONSES = {
    (200, "application/json"): DocumentSerializer,
    (200, "text/markdown"): str,
    (200, "text/html"): str,
}


def wanted_format(request: Request) -> str:
    """Return the format that a request asks for; raises `Invalid` for one that there is not."""
    wanted = request.query_params.get("format", JSON)
    if wanted not in FORMATS:
        detail = f"format must be one of {', '.join(FORMATS)}; received {wanted[:40]!r}."
        raise Invalid(detail, errors=[FieldError("/format", "invalid", detail)])
    return wanted


def document_answer(document: Document, wanted: str) -> HttpResponse | Response:
    """Return the document in the format; Markdown and HTML are files to save.

    The HTML is one file that needs nothing beside it, and is never shown as a page of ours.
    """
    if wanted == JSON:
        return Response(as_json(document))
    if wanted == MARKDOWN:
        ending, content = "md", as_markdown(document)
    else:
        ending, content = "html", as_html(document)
    answer = HttpResponse(content, content_type=f"text/{wanted}; charset=utf-8")
    name = f"{slugify(document.title)[:100] or document.kind}.{ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def as_html(document: Document) -> str:
    """Return the document as one HTML file."""
    return render_to_string("documents/print.html", {"document": document})
