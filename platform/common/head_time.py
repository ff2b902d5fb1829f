"""How long a connection may take to say what it wants.

uvicorn waits for ever for the first byte of a connection and for the end of a request's head; who
opens connections and says nothing, or a byte now and then, would use up the server's files. Bodies
have their own bounds (common/body_limit.py), and a connection that has been answered waits for its
next request as long as uvicorn's keep-alive says.
"""

import asyncio

import h11
from django.conf import settings
from uvicorn.protocols.http.h11_impl import H11Protocol


class HeadTimeProtocol(H11Protocol):
    """uvicorn's protocol (`--http common.head_time:HeadTimeProtocol`), with a bound on heads.

    From the opening, or from the first byte of a later request, the head has REQUEST_HEAD_SECONDS,
    however it comes in; then the connection is closed, with 408 where something had been said. So
    has the rest of a body that came too late to be read.
    """

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        """Read what has come in."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Go on with the next request, of which a part may be there already."""
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._end()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Let the time run while a head is incomplete, and stop it where none is awaited."""
        if not self._is_owed():
            self._end()
        elif self._timer is None:
            self._begin()

    def _is_owed(self) -> bool:
        """Whether the client has begun something that it has not ended."""
        if self.conn.their_state is h11.IDLE:
            return bool(self.conn.trailing_data[0]) or self.cycle is None
        return self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY

    def _begin(self) -> None:
        self._timer = self.loop.call_later(settings.REQUEST_HEAD_SECONDS, self._give_up)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            headers = [(b"connection", b"close"), (b"content-length", b"0")]
            answer = h11.Response(status_code=408, headers=headers, reason=b"Request Timeout")
            self.transport.write(self.conn.send(answer) or b"")
            self.transport.write(self.conn.send(h11.EndOfMessage()) or b"")
        self.transport.close()
