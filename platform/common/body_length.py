"""The length of a body as it arrived, whatever its headers say about it.

A body of unknown length comes in chunks, without Content-Length (RFC 9112, 7.1): .NET's
`PostAsJsonAsync` and curl from a pipe send such. Django's multipart parser and REST framework take
a request without that header for one without a body.
"""

import os
import tempfile
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler

from common.multipart import FormRequest


class BodyLengthHandler(ASGIHandler):
    """Django's handler, which counts the body that it has spooled and tells the headers."""

    request_class = FormRequest

    async def read_body(self, receive: Any) -> IO[bytes]:
        """Return the whole body, on the data folder's disk if it is large, as that one is watched.

        Django's own takes the system's folder for temporary files.
        """
        body_file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 # the caller closes it
            max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE,
            dir=str(settings.FILE_UPLOAD_TEMP_DIR),
        )
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                body_file.close()
                raise RequestAborted
            body_file.write(message.get("body", b""))
            more = message.get("more_body", False)
        body_file.seek(0)
        return body_file

    def create_request(self, scope: Any, body_file: Any) -> Any:
        """Return the request, or None and the answer to one that is none, as Django's does."""
        length = body_file.seek(0, os.SEEK_END)
        body_file.seek(0)
        headers = [header for header in scope["headers"] if header[0] != b"content-length"]
        headers.append((b"content-length", b"%d" % length))
        return super().create_request({**scope, "headers": headers}, body_file)
