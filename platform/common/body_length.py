"""The length of a body as it arrived, whatever its headers say about it.

A body of unknown length comes in chunks, without Content-Length (RFC 9112, 7.1): .NET's
`PostAsJsonAsync` and curl from a pipe send such. Django's multipart parser and REST framework take a
request without that header for one without a body.
"""

import os
from typing import Any

from django.core.handlers.asgi import ASGIHandler

from common.multipart import FormRequest


class BodyLengthHandler(ASGIHandler):
    """Django's handler, which counts the body that it has spooled and puts that into the headers."""

    request_class = FormRequest

    def create_request(self, scope: Any, body_file: Any) -> Any:
        """Return the request, or None and the answer to one that is none, as Django's does."""
        length = body_file.seek(0, os.SEEK_END)
        body_file.seek(0)
        headers = [header for header in scope["headers"] if header[0] != b"content-length"]
        headers.append((b"content-length", b"%d" % length))
        return super().create_request({**scope, "headers": headers}, body_file)
