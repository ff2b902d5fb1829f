"""The outermost layer of the web server: each request has a trace id, and its answer says it."""

import logging

from common.body_limit import Application, Message, Receive, Scope, Send
from common.trace import Trace, new_trace_id, trace_id_of, tracing

logger = logging.getLogger(__name__)


class RequestTraceMiddleware:
    """Answers with `X-Request-Id`, which stands in the lines of logs and in the request's jobs.

    An error that no layer below has answered is logged and answered here: uvicorn would do both
    without the id.

    A `traceparent` is believed where it is well formed: all that it decides is under which id the
    sender's own request is found.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        sent = [value for name, value in scope["headers"] if name == b"traceparent"]
        trace_id = (trace_id_of(sent[0]) if len(sent) == 1 else "") or new_trace_id()
        header = (b"x-request-id", trace_id.encode())
        begun = False

        async def send_with_id(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        with tracing(Trace(trace_id)):
            try:
                await self.application(scope, receive, send_with_id)
            except Exception:
                logger.exception("a request failed outside of Django")
                if begun:
                    raise
                await _answer_failure(send_with_id, trace_id)


async def _answer_failure(send: Send, trace_id: str) -> None:
    text = f"Something went wrong on our side. The log has it under {trace_id}.\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": text})
