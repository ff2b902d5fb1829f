"""Threads that outlive a request, and with them their connection to Postgres.

Django under ASGI gives each request a thread of its own and opens a connection in it; at both ends
that costs more than most requests. Here the threads are kept for the next request.
"""

from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import ThreadSensitiveContext
from django.db import connections

from common.body_limit import Application, Receive, Scope, Send

# As many requests as a process on a few cores has under way; each holds a connection.
KEPT = 8


class WarmThreadsMiddleware:
    """Runs the synchronous code of a request in a thread that earlier requests have warmed."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._idle: list[ThreadPoolExecutor] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, "request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.application(scope, receive, send)
        finally:
            # In its turn: a view whose client has gone may still be at work in it.
            thread.submit(self._give_back, thread)

    def _give_back(self, thread: ThreadPoolExecutor) -> None:
        if len(self._idle) < KEPT:
            self._idle.append(thread)
        else:
            connections.close_all()
            thread.shutdown(wait=False)
