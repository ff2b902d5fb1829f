"""`X-HTTP-Method-Override`, which tus 1.0.0 asks servers to heed.

For clients behind something that lets neither PATCH nor DELETE through. Only a POST to an upload is
changed: no other address has such clients, and a GET must never write.
"""

import re

from common.body_limit import Application, Receive, Scope, Send

_UPLOAD = re.compile(r"^/api/v1/uploads/[^/]+/$")
_METHODS = (b"PATCH", b"DELETE", b"HEAD")


class MethodOverrideMiddleware:
    """Gives such a POST the method that its header names."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["method"] == "POST" and _UPLOAD.match(scope["path"]):
            named = dict(scope["headers"]).get(b"x-http-method-override", b"").upper()
            if named in _METHODS:
                scope = {**scope, "method": named.decode()}
        await self.application(scope, receive, send)
