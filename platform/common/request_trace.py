"""The outermost layer of the web server: each request has a trace id, and its answer says it."""

from common.body_limit import Application, Message, Receive, Scope, Send
from common.trace import Trace, new_trace_id, trace_id_of, tracing


class RequestTraceMiddleware:
    """Answers with `X-Request-Id`, which stands in the lines of logs and in the request's jobs.

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

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        with tracing(Trace(trace_id)):
            await self.application(scope, receive, send_with_id)
