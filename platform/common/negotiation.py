"""Content negotiation for answers whose type is not the caller's to choose."""

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request


class AnyAccept(BaseContentNegotiation):
    """An <img> asks for image/*: the answer's type is the image's, an error's is a problem's."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the first parser: such answers take no body."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        """Return the first renderer, whatever the caller accepts."""
        return renderers[0], renderers[0].media_type
